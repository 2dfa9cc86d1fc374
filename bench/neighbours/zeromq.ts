// zeromq.js: a push and a pull socket each way over ipc://, JSON as text. Its guide sends with `await`, for the promise
// is where its high-water mark shows, and receives with `for await`.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sides } from '../contender.js';
import { type End, oneListener } from '../ends.js';
import { STDIO } from '../fork.js';
import { loadPackage } from '../packages.js';

interface Zeromq {
  readonly Push: new () => Push;
  readonly Pull: new () => Pull;
}
interface Socket {
  bind(address: string): Promise<void>;
  connect(address: string): void;
  close(): void;
}
interface Push extends Socket {
  send(message: string): Promise<void>;
}
interface Pull extends Socket, AsyncIterable<readonly [Buffer]> {}

const FOLDER = 'DEKA_BENCH_ZEROMQ';

export function zeromq(): Sides {
  return {
    start: async (module, args) => {
      const { Push, Pull } = await loadPackage<Zeromq>('zeromq');
      const folder = mkdtempSync(join(tmpdir(), 'deka-bench-'));
      const [push, pull] = [new Push(), new Pull()];
      await Promise.all([push.bind(down(folder)), pull.bind(up(folder))]);
      const env = { ...process.env, [FOLDER]: folder };
      const child = fork(module, args, { env, stdio: [...STDIO, 'ipc'] });
      return socketsEnd(push, pull, () => {
        child.kill();
        rmSync(folder, { recursive: true });
      });
    },
    inChild: async () => {
      const { Push, Pull } = await loadPackage<Zeromq>('zeromq');
      const [push, pull] = [new Push(), new Pull()];
      const folder = process.env[FOLDER] ?? '';
      push.connect(up(folder));
      pull.connect(down(folder));
      return socketsEnd(push, pull, () => {});
    },
  };
}

function socketsEnd(push: Push, pull: Pull, afterwards: () => void): End {
  let sending = 0;
  let last: Promise<void> = Promise.resolve();
  return {
    // One send at a time, or it throws EBUSY: whoever does not wait is queued here.
    send: message => {
      const text = JSON.stringify(message);
      const sent = sending === 0 ? push.send(text) : last.then(() => push.send(text));
      sending += 1;
      last = sent.then(onSent);
      return false;
    },
    ready: () => last,
    onMessage: oneListener(hear => void receive(pull, hear)),
    close: () => {
      push.close();
      pull.close();
      afterwards();
    },
  };

  function onSent(): void {
    sending -= 1;
  }
}

async function receive(pull: Pull, hear: (message: unknown) => void): Promise<void> {
  for await (const [text] of pull) hear(JSON.parse(text.toString()));
}

function down(folder: string): string {
  return `ipc://${folder}/down`;
}

function up(folder: string): string {
  return `ipc://${folder}/up`;
}
