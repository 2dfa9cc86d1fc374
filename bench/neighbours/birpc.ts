// birpc over fork, as its README wires a channel. Events, for a call would wait for an answer.
import { type ChildProcess, fork } from 'node:child_process';
import type { Sides } from '../contender.js';
import { type End, oneListener } from '../ends.js';
import { STDIO } from '../fork.js';
import { loadPackage } from '../packages.js';

interface Birpc {
  createBirpc(
    functions: Functions,
    options: object,
  ): { message: { asEvent(message: unknown): Promise<void> } };
}
interface Functions {
  message(message: unknown): void;
}

export function birpc(): Sides {
  return {
    start: (module, args) => {
      const child = fork(module, args, { serialization: 'json', stdio: [...STDIO, 'ipc'] });
      return birpcEnd(child);
    },
    inChild: () => birpcEnd(process),
  };
}

async function birpcEnd(peer: ChildProcess | NodeJS.Process): Promise<End> {
  const { createBirpc } = await loadPackage<Birpc>('birpc');
  let hear = (_message: unknown): void => {};
  let on = (): void => {};
  const rpc = createBirpc(
    { message: message => hear(message) },
    {
      eventNames: ['message'],
      post: (data: object) => peer.send?.(data),
      on: (listener: (data: unknown) => void) => {
        on = () => void peer.on('message', listener);
      },
    },
  );
  return {
    send: message => {
      void rpc.message.asEvent(message);
      return true;
    },
    ready: async () => {},
    onMessage: oneListener(listener => {
      hear = listener;
      on();
    }),
    close: () => peer.disconnect?.(),
  };
}
