// The runtime's own fork.
import { fork as ownFork } from 'node:child_process';
import type { Sides } from './contender.js';
import { forkEnd } from './ends.js';
import { UP_FORK } from './modules.js';

/** Of every child: standard output belongs to the figures. */
export const STDIO = ['ignore', 'inherit', 'inherit'] as const;

export function forkSides({
  fork = ownFork,
  serialization = 'json',
  end = forkEnd,
}: {
  readonly fork?: typeof ownFork;
  readonly serialization?: 'json' | 'advanced';
  readonly end?: typeof forkEnd;
} = {}): Sides {
  return {
    up: UP_FORK,
    start: (module, args) => end(fork(module, args, { serialization, stdio: [...STDIO, 'ipc'] })),
    inChild: () => end(process),
  };
}
