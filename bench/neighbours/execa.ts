// execa: `sendMessage`, awaited as in its guide, and `getEachMessage`. Its default serialization is Node's 'advanced';
// 'json' is the faster one for these messages. What is awaited is the sending; a receiver takes one message in each turn of
// its event loop and queues the others without a bound. Version 9, for 10 needs Node 22.
import { fileURLToPath } from 'node:url';
import type { Sides } from '../contender.js';
import { type End, oneListener } from '../ends.js';
import { STDIO } from '../fork.js';
import { loadPackage } from '../packages.js';

interface Execa extends Messages {
  execaNode(file: string, args: readonly string[], options: object): Subprocess;
}
interface Messages {
  sendMessage(message: unknown): Promise<void>;
  getEachMessage(): AsyncIterable<unknown>;
}
interface Subprocess extends Messages, Promise<unknown> {
  kill(): boolean;
}

export function execa(): Sides {
  return {
    start: async (module, args) => {
      const { execaNode } = await loadPackage<Execa>('execa');
      const subprocess = execaNode(fileURLToPath(module), args, {
        ipc: true,
        serialization: 'json',
        stdio: [...STDIO],
        // Otherwise it keeps every message for its result.
        buffer: { ipc: false },
        reject: false,
      });
      return messagesEnd(subprocess, () => void subprocess.kill());
    },
    inChild: async () => {
      const messages = await loadPackage<Execa>('execa');
      return messagesEnd(messages, () => {});
    },
  };
}

function messagesEnd(messages: Messages, close: () => void): End {
  let last: Promise<void> = Promise.resolve();
  return {
    send: message => {
      last = messages.sendMessage(message);
      return false;
    },
    ready: () => last,
    onMessage: oneListener(hear => void receive(messages, hear)),
    close,
  };
}

async function receive(messages: Messages, hear: (message: unknown) => void): Promise<void> {
  for await (const message of messages.getEachMessage()) hear(message);
}
