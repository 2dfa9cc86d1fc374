import { fork as nodeFork } from 'node:child_process';
import { type Codec, fork, json, parent, v8 } from 'deka-ipc';
import { cbor } from 'deka-ipc/cbor';
import { fork as dropInFork } from 'deka-ipc/child_process';
import { msgpack } from 'deka-ipc/msgpack';
import { channelEnd, type End, forkEnd, waitingForkEnd } from './ends.js';

/** Somebody who can start a child and talk to it. */
export interface Contender {
  readonly name: string;
  /** How floods are sent. */
  readonly manner: 'one by one' | 'in batches';
  /** Starts the child and returns this side's end. */
  start(module: URL, args: readonly string[]): End;
  /** The module of a child that says it is up and does nothing else. */
  readonly up: string;
  /** The other end, inside the child. */
  inChild(): End;
}

const stdio = ['ignore', 'inherit', 'inherit'] as const;

function deka(
  name: string,
  manner: Contender['manner'],
  { codec, handles = false }: { readonly codec?: Codec; readonly handles?: boolean } = {},
): Contender {
  return {
    name,
    manner,
    up: './up-deka.js',
    start: (module, args) =>
      channelEnd(fork(module, args, { handles, stdio: [...stdio], ...(codec && { codec }) })),
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
    up: './up.js',
    start: (module, args) => end(fork(module, args, { serialization, stdio: [...stdio, 'ipc'] })),
    inChild: () => end(process),
  };
}

/** The contender that every ratio refers to. */
export const BASE = 'fork json';

export const CONTENDERS: readonly Contender[] = [
  deka('deka-ipc send', 'one by one'),
  // Plain messages on a channel that could carry sockets as well.
  deka('deka-ipc send, handles: true', 'one by one', { handles: true }),
  deka('deka-ipc sendMany', 'in batches'),
  // process.send and child.send, with nothing changed but the import of fork.
  node('deka-ipc drop-in', dropInFork, 'json'),
  node(BASE, nodeFork, 'json'),
  node('fork json, waiting', nodeFork, 'json', waitingForkEnd),
  node('fork advanced', nodeFork, 'advanced'),
];

/** Each codec, for the workloads that are about them; the child finds it by its name. */
export const CODEC_CONTENDERS: readonly Contender[] = [json(), v8(), msgpack(), cbor()].flatMap(codec => [
  deka(`${codec.name} send`, 'one by one', { codec }),
  deka(`${codec.name} sendMany`, 'in batches', { codec }),
]);

/** The contender of that name. */
export function contender(name: string | undefined): Contender {
  const all = [...CONTENDERS, ...CODEC_CONTENDERS];
  const found = all.find(candidate => candidate.name === name);
  if (found === undefined)
    throw new Error(`no contender ${name}; there are ${all.map(c => c.name).join(', ')}`);
  return found;
}
