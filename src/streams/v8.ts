import { DefaultDeserializer, DefaultSerializer } from 'node:v8';
import { IpcError, quoted, reasonOf } from '../errors.js';
import type { Codec, Coder } from './codec.js';
import { bare } from './envelope.js';
import type { Frame } from './framing.js';
import { lengthPrefixed } from './length-prefixed.js';
import { bytesOf } from './packed.js';

// What stands before a host object: Node's lib/internal/child_process/serialization.js.
const VIEW = 0;
const NOT_A_VIEW = 1;

/** V8's own frames begin with 0xff. Behind this byte there is one array of messages. */
const MANY = Buffer.of(0);

/** Options of {@link v8}. */
export interface V8Options {
  /**
   * Whether `sendMany` packs many messages into one frame, which is several times as fast. For peers that use this
   * library, which always understand it: Node's own `'advanced'` does not. An object that is in several of those messages
   * arrives as one object. Default false; a child that picks `v8` up by its name packs.
   */
  readonly packed?: boolean;
}

/** The hooks that node:v8 documents and its types leave out. */
interface Hooks {
  _writeHostObject(view: ArrayBufferView): void;
  _readHostObject(): ArrayBufferView;
}

/**
 * V8's structured clone in {@link lengthPrefixed} frames: byte for byte what Node's child processes speak with
 * `serialization: 'advanced'`.
 *
 * Carries what JSON does not: `undefined`, bigints, `NaN`, `-0`, dates, regular expressions, Maps, Sets, errors,
 * `ArrayBuffer`s, typed arrays, Buffers, circular and repeated references. Classes arrive as plain objects; a view
 * arrives with memory of its own, whatever it shared. `send` throws `ERR_ENCODE` for what cannot be cloned: a
 * function, a symbol, a Proxy, a Promise, a WeakMap, a SharedArrayBuffer, or an object with a getter that throws. A
 * frame that V8 cannot read is an `ERR_DECODE` on `failures$`.
 *
 * For peers that are trusted not to attack: V8 believes the length that an array is said to have. A frame of ten bytes
 * can make it reserve 256 MiB, a crafted one of 600 more than there is, which ends the process. From strangers
 * take `json()`.
 *
 * @throws `ERR_UNSUPPORTED_PLATFORM` on Bun, whose `node:v8` writes another format.
 * @example
 * const [a, b] = pair({ codec: v8() });
 * b.messages$.subscribe(console.log); // Map(1) { 'at' => 2020-01-01T00:00:00.000Z }
 * a.send(new Map([['at', new Date('2020-01-01')]]));
 */
export function v8<Out = unknown, In = unknown>({ packed = false }: V8Options = {}): Codec<Out, In> {
  if (process.versions['bun'] !== undefined) throw notV8();
  return {
    name: 'v8',
    framing: lengthPrefixed(),
    envelope: bare(),
    create,
  };

  function create(): Coder<Out, In> {
    const single = { encode, decode: decode<In>, decodeMany: decodeMany<In> };
    return packed ? { ...single, encodeMany } : single;
  }
}

const VERSION_TAG = 0xff;
const DENO_VERSION = 16;
const NODE_VERSION = 15;

class MessageSerializer extends DefaultSerializer {
  /** Called by V8 for each view, and for objects that native code made, which leave as what they show. */
  _writeHostObject(object: object): void {
    if (ArrayBuffer.isView(object)) {
      this.writeUint32(VIEW);
      hooks(DefaultSerializer)._writeHostObject.call(this, object);
    } else {
      this.writeUint32(NOT_A_VIEW);
      this.writeValue({ ...object });
    }
  }
}

class MessageDeserializer extends DefaultDeserializer {
  _readHostObject(): unknown {
    const tag = this.readUint32();
    if (tag === VIEW) return withOwnMemory(hooks(DefaultDeserializer)._readHostObject.call(this));
    if (tag === NOT_A_VIEW) return this.readValue();
    throw new Error(`unknown host object ${tag}`);
  }
}

function encode(message: unknown): Uint8Array {
  return serialized(message);
}

function encodeMany(messages: readonly unknown[]): Uint8Array {
  return serialized(messages, MANY);
}

function serialized(message: unknown, lead?: Uint8Array): Uint8Array {
  try {
    const serializer = new MessageSerializer();
    if (lead !== undefined) serializer.writeRawBytes(lead);
    serializer.writeHeader();
    serializer.writeValue(message);
    return serializer.releaseBuffer();
  } catch (cause) {
    throw new IpcError(
      'ERR_ENCODE',
      `The message cannot be cloned: ${reasonOf(cause).replace(/\.$/, '')}. Send a plain copy of what is needed.`,
      { cause },
    );
  }
}

function decode<In>(frame: Frame): In {
  const bytes = bytesOf(frame, 'v8');
  try {
    const deserializer = new MessageDeserializer(readable(bytes));
    deserializer.readHeader();
    return deserializer.readValue() as In;
  } catch (cause) {
    throw new IpcError(
      'ERR_DECODE',
      `The peer sent a frame of ${bytes.byteLength} bytes that V8 cannot read: ${quoted(reasonOf(cause))}. ` +
        'Check that both ends use v8(), and that the peer does not run a newer V8 with a newer format.',
      { cause },
    );
  }
}

/**
 * Deno 2.9 writes version 16 of V8's format on its own channel, whose V8 is newer than Node's. What messages consist of is
 * the same in both: `node:v8` of that very Deno writes it under version 15.
 */
function readable(frame: Uint8Array): Uint8Array {
  if (frame[0] !== VERSION_TAG || frame[1] !== DENO_VERSION) return frame;
  const same = Uint8Array.from(frame);
  same[1] = NODE_VERSION;
  return same;
}

function decodeMany<In>(frame: Frame): readonly In[] | undefined {
  if (typeof frame === 'string' || frame[0] !== MANY[0]) return undefined;
  const messages = decode<unknown>(frame.subarray(MANY.length));
  if (Array.isArray(messages)) return messages as In[];
  throw new IpcError('ERR_DECODE', 'The peer sent a frame of many messages that is no array of them.');
}

/**
 * DefaultDeserializer shows a view's bytes where they lie in the frame, or, when they are not aligned for its type, in
 * Node's pool (lib/v8.js). Both are memory of others: it may be used again, it would be kept as a whole for the
 * sake of a few bytes, and whoever transfers the view's buffer to a worker would take everybody's.
 */
function withOwnMemory(view: ArrayBufferView): ArrayBufferView {
  const { buffer, byteOffset, byteLength } = view;
  if (byteLength === buffer.byteLength) return view;
  const memory = buffer.slice(byteOffset, byteOffset + byteLength);
  if (Buffer.isBuffer(view)) return Buffer.from(memory); // its constructor is deprecated (DEP0005)
  return new (view.constructor as new (memory: ArrayBufferLike) => ArrayBufferView)(memory);
}

function hooks(of: typeof DefaultSerializer | typeof DefaultDeserializer): Hooks {
  return of.prototype as unknown as Hooks;
}

function notV8(): IpcError {
  return new IpcError(
    'ERR_UNSUPPORTED_PLATFORM',
    "v8() needs V8: Bun's node:v8 writes JavaScriptCore's own format, which no other runtime reads. " +
      'Use json() with Bun, or a codec of your own on both sides.',
  );
}
