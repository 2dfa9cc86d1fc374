// This library, as a program uses it.
import { bare, type Codec, fork, json, lengthPrefixed, parent, v8 } from 'deka-ipc';
import { fork as dropInFork } from 'deka-ipc/child_process';
import type { Sides } from './contender.js';
import { channelEnd } from './ends.js';
import { forkSides, STDIO } from './fork.js';
import { UP_DEKA } from './modules.js';

export type CodecName = 'json' | 'v8' | 'msgpack' | 'cbor' | 'bytes';

const CODECS: Readonly<Record<CodecName, () => Codec | Promise<Codec>>> = {
  json: () => json(),
  v8: () => v8(),
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

/** The child finds the built-in codecs by their name. */
export function dekaSides({
  codec = 'json',
  handles = false,
}: {
  readonly codec?: CodecName;
  readonly handles?: boolean;
} = {}): Sides {
  return {
    up: UP_DEKA,
    start: async (module, args) =>
      channelEnd(fork(module, args, { handles, stdio: [...STDIO], codec: await CODECS[codec]() })),
    inChild: () => channelEnd(codec === 'bytes' ? parent({ codec: bytes }) : parent()),
  };
}

/** process.send and child.send, with nothing changed but the import of fork. */
export function dropInSides(): Sides {
  return forkSides({ fork: dropInFork });
}
