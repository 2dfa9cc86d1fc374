import { fork as nodeFork } from 'node:child_process';
import { fork, parent } from 'deka-ipc';
import { fork as dropInFork } from 'deka-ipc/child_process';
import { channelEnd, type End, forkEnd, waitingForkEnd } from './ends.js';

/** Somebody who can start a child and talk to it. */
export interface Contender {
  readonly name: string;
  /** How floods are sent. */
  readonly manner: 'one by one' | 'in batches';
  /** Starts the child and returns this side's end. */
  start(module: URL, args: readonly string[]): End;
  /** The other end, inside the child. */
  inChild(): End;
}

const stdio = ['ignore', 'inherit', 'inherit'] as const;

function deka(name: string, manner: Contender['manner'], handles = false): Contender {
  return {
    name,
    manner,
    start: (module, args) => channelEnd(fork(module, args, { handles, stdio: [...stdio] })),
    inChild: () => channelEnd(parent()),
  };
}

type Fork = typeof nodeFork;

function node(
  name: string,
  fork: Fork,
  serialization: 'json' | 'advanced',
  end: typeof forkEnd = forkEnd,
): Contender {
  return {
    name,
    manner: 'one by one',
    start: (module, args) => end(fork(module, args, { serialization, stdio: [...stdio, 'ipc'] })),
    inChild: () => end(process),
  };
}

/** The contender that every ratio refers to. */
export const BASE = 'fork json';

export const CONTENDERS: readonly Contender[] = [
  deka('deka-ipc send', 'one by one'),
  // Plain messages on a channel that could carry sockets as well.
  deka('deka-ipc send, handles: true', 'one by one', true),
  deka('deka-ipc sendMany', 'in batches'),
  // process.send and child.send, with nothing changed but the import of fork.
  node('deka-ipc drop-in', dropInFork, 'json'),
  node(BASE, nodeFork, 'json'),
  node('fork json, waiting', nodeFork, 'json', waitingForkEnd),
  node('fork advanced', nodeFork, 'advanced'),
];

/** The contender of that name. */
export function contender(name: string | undefined): Contender {
  const found = CONTENDERS.find(candidate => candidate.name === name);
  if (found === undefined)
    throw new Error(`no contender ${name}; there are ${CONTENDERS.map(c => c.name).join(', ')}`);
  return found;
}
