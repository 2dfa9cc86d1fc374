// This library, as a program uses it.
import { subscribe } from 'node:diagnostics_channel';
import { constants, setPriority } from 'node:os';
import {
  bare,
  type Channel,
  type ChildChannel,
  type Codec,
  fork,
  json,
  lengthPrefixed,
  metrics$,
  parent,
  v8,
} from 'deka-ipc';
import { fork as dropInFork } from 'deka-ipc/child_process';
import type { Sides } from './contender.js';
import { channelEnd, type End } from './ends.js';
import { forkSides, STDIO } from './fork.js';
import { UP_DEKA } from './modules.js';

export type CodecName = 'json' | 'v8' | 'msgpack' | 'cbor' | 'bytes';

const CODECS: Readonly<Record<CodecName, () => Codec | Promise<Codec>>> = {
  json: () => json(),
  v8: () => v8({ packed: true }), // as a child does that is told of it by name
  msgpack: async () => (await import('deka-ipc/msgpack')).msgpack(),
  cbor: async () => (await import('deka-ipc/cbor')).cbor(),
  bytes: () => bytes,
};

/** Encodes nothing: what is sent are the bytes themselves. */
const bytes: Codec = {
  name: 'bytes',
  framing: lengthPrefixed(),
  envelope: bare(),
  create: () => ({ encode: message => message as Uint8Array, decode: frame => frame }),
};

export interface DekaOptions {
  readonly codec?: CodecName;
  readonly handles?: boolean;
  readonly watched?: boolean;
  readonly busyPoll?: boolean | number;
  /** Whether the system is told that the children can wait. */
  readonly lowPriority?: boolean;
}

/** The child finds the built-in codecs by their name. */
export function dekaSides({
  codec = 'json',
  handles = false,
  watched = false,
  busyPoll,
  lowPriority = false,
}: DekaOptions = {}): Sides {
  const end = watched ? watchedEnd : channelEnd;
  return {
    up: UP_DEKA,
    start: async (module, args) => {
      const options = { handles, busyPoll, stdio: [...STDIO], codec: await CODECS[codec]() };
      const channel = fork(module, args, options);
      if (lowPriority) letWait(channel);
      return end(channel);
    },
    inChild: () => end(codec === 'bytes' ? parent({ codec: bytes }) : parent({ busyPoll })),
  };
}

function letWait({ process: { pid } }: ChildChannel): void {
  if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
}

/** Watched in every way there is, on both sides. */
function watchedEnd(channel: Channel): End {
  for (const event of ['open', 'close', 'badFrame', 'drain'])
    subscribe(`deka-ipc:channel:${event}`, () => {});
  channel.queueDelay();
  metrics$(channel, 100).subscribe();
  return channelEnd(channel);
}

/** process.send and child.send, with nothing changed but the import of fork. */
export function dropInSides(): Sides {
  return forkSides({ fork: dropInFork });
}
