import type { Contender } from './contender.js';
import type { CodecName, DekaOptions } from './deka.js';
import { waitingForkEnd, windowedForkEnd } from './ends.js';
import { forkSides } from './fork.js';
import { NEIGHBOURS, ON_FORK } from './neighbours.js';

/** The contender that ratios refer to, unless a workload names another. */
export const BASE = 'fork json';

/** This library in its manners. */
export const OWN: readonly Contender[] = [
  deka('deka-ipc send', 'one by one'),
  // Plain messages on a channel that could carry sockets as well.
  { ...deka('deka-ipc send, handles: true', 'one by one', { handles: true }), notIfQuick: true },
  { ...deka('deka-ipc send, metrics on', 'one by one', { watched: true }), notIfQuick: true },
  deka('deka-ipc sendMany', 'in batches'),
  {
    name: 'deka-ipc drop-in',
    family: 'own',
    manner: 'one by one',
    tellsToWait: false,
    sides: async () => (await import('./deka.js')).dropInSides(),
  },
];

/** For the round trip: never looks for an answer; always does, for a core on each side; does for a while. */
export const POLLING: readonly Contender[] = [
  deka('deka-ipc send, busyPoll: false', 'one by one', { busyPoll: false }),
  deka('deka-ipc send, busyPoll', 'one by one', { busyPoll: true }),
  deka('deka-ipc send, busyPoll: 1000', 'one by one', { busyPoll: 1000 }),
];

/** For many children: they leave a processor to the parent, which has to read them all. */
export const LOW_PRIORITY: readonly Contender[] = [
  deka('deka-ipc send, low priority', 'one by one', { lowPriority: true }),
  deka('deka-ipc sendMany, low priority', 'in batches', { lowPriority: true }),
];

/** Node's own. */
export const FORKS: readonly Contender[] = [
  fork(BASE, { serialization: 'json' }),
  { ...fork('fork json, waiting', { serialization: 'json', end: waitingForkEnd }), notIfQuick: true },
  fork('fork advanced', { serialization: 'advanced' }),
];

/** For the round trip under load: what a program can make of a fork, which tells nobody to wait. */
export const FORK_IN_WINDOW: Contender = {
  ...fork('fork json, in a window', { serialization: 'json', end: windowedForkEnd }),
  notIfQuick: true,
  note: 'a fork with a flow control of its own, which the program has to write, on both sides',
};

const CODECS: readonly CodecName[] = ['json', 'v8', 'msgpack', 'cbor'];
const PACKAGES: Partial<Record<CodecName, string>> = { msgpack: 'msgpackr', cbor: 'cbor-x' };

/** Each codec, for the workloads that are about them. */
export const CODEC_CONTENDERS: readonly Contender[] = CODECS.flatMap(codec => [
  deka(`${codec} send`, 'one by one', { codec }),
  deka(`${codec} sendMany`, 'in batches', { codec }),
]);

export const RAW_PIPE = 'raw pipe';
export const CODEC_ALONE = 'codec alone';
export const CODEC_ALONE_BATCHES = 'codec alone, in batches';

const ALONE = 'no link at all: JSON.stringify and JSON.parse of the same messages';

/** What no link can be faster than, and this library where it is measured against that. */
const LIMITS: readonly Contender[] = [
  {
    name: RAW_PIPE,
    family: 'limit',
    note: 'nothing but the pipe: what no link can be faster than',
    manner: 'one by one',
    tellsToWait: true,
    sides: async () => (await import('./raw-pipe.js')).rawPipe(),
  },
  deka('deka-ipc bytes', 'one by one', { codec: 'bytes' }),
  { ...linkless(CODEC_ALONE, 'limit'), note: ALONE },
  { ...linkless(CODEC_ALONE_BATCHES, 'limit'), note: ALONE, manner: 'in batches' },
];

/** In a child that ends before it has touched its channel; in one that touches it; in a process that has none. */
export const REGISTER = 'load deka-ipc/register';
export const REGISTER_TOUCHED = "open deka-ipc/register's channel";
export const REGISTER_ALONE = 'load deka-ipc/register, no channel';
export const FORK_CHANNEL = "open fork's channel";

/** How a process loads what it uses, where that is all that it does. */
export const LOADS: readonly Contender[] = [
  linkless(REGISTER, 'own'),
  linkless(REGISTER_TOUCHED, 'own'),
  linkless(REGISTER_ALONE, 'own'),
  { ...linkless(FORK_CHANNEL, 'node'), note: 'in a child, which loads nothing of its own for it' },
  linkless('load deka-ipc/child_process', 'own'),
  linkless('load deka-ipc', 'own'),
  linkless('load rxjs', 'neighbour'),
];

export const CONTENDERS: readonly Contender[] = [
  ...OWN,
  ...POLLING,
  ...LOW_PRIORITY,
  ...FORKS,
  FORK_IN_WINDOW,
  ...NEIGHBOURS,
  ...CODEC_CONTENDERS,
  ...LIMITS,
  ...LOADS,
];

/** The contender of that name. */
export function contender(name: string | undefined): Contender {
  const found = CONTENDERS.find(candidate => candidate.name === name);
  if (found === undefined) throw new Error(`no contender ${name}; there are ${names(CONTENDERS).join(', ')}`);
  return found;
}

export function names(contenders: readonly Contender[]): string[] {
  return contenders.map(({ name }) => name);
}

function deka(name: string, manner: Contender['manner'], options: DekaOptions = {}): Contender {
  const needs = options.codec && PACKAGES[options.codec];
  return {
    name,
    family: 'own',
    manner,
    tellsToWait: true,
    ...(needs !== undefined && { needs }),
    sides: async () => (await import('./deka.js')).dekaSides(options),
  };
}

function fork(name: string, options: NonNullable<Parameters<typeof forkSides>[0]>): Contender {
  return {
    name,
    family: 'node',
    note: ON_FORK,
    manner: 'one by one',
    tellsToWait: options.end !== undefined,
    sides: async () => forkSides(options),
  };
}

/** Takes part where no messages are sent to another process. */
function linkless(name: string, family: Contender['family']): Contender {
  return { name, family, manner: 'one by one', tellsToWait: true, sides: noSides };
}

async function noSides(): Promise<never> {
  throw new Error('has no link: only for the workloads that name it');
}
