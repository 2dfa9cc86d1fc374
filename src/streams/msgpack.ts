import type { Options, Packr, Unpackr } from 'msgpackr';
import type { Codec, Coder } from './codec.js';
import { bare } from './envelope.js';
import type { Frame } from './framing.js';
import { lengthPrefixed } from './length-prefixed.js';
import { optionalPackage } from './optional-package.js';
import { bytesOf, notPackable, notReadable } from './packed.js';

/** Options of {@link msgpack}. */
export interface MsgpackOptions {
  /**
   * Whether the names of an object's properties are sent once and referred to afterwards, and `sendMany` packs many
   * messages into one frame. Default true. False for peers that know nothing but MessagePack: plain maps, one message a
   * frame, and a Map arrives as an object.
   */
  readonly records?: boolean;
}

interface Msgpackr {
  readonly Packr: typeof Packr;
  readonly Unpackr: typeof Unpackr;
}

const OPTIONS: Options = {
  moreTypes: true,
  structuredClone: false,
  useBigIntExtension: true,
  copyBuffers: true,
  writeFunction: refuseFunction,
};

/** No MessagePack value begins with this byte: one of ours behind it says what is particular about the frame. */
const LEAD = 0xc1;
const LEAD_BYTES = 2;
/** The rest is an array of messages, not one. */
const MANY = 1;
/** Definitions of earlier frames are void from here on. */
const FRESH = 2;

/** Of msgpackr: so many bytes are left free in front, as the lower bits say. */
const RESERVE_START_SPACE = 2048;

/** What a longer frame defines holds in that frame alone, so that a reader never has to keep it. */
const LONG_FRAME_BYTES = 64 * 1024;
/**
 * After so many frames the writer begins anew, which makes good whatever was lost. Not sooner: msgpackr compiles a reader
 * for each record, and that is worth it only where it is used some thousand times.
 */
const FRAMES_REMEMBERED = 8192;
/** msgpackr counts records up to this with one byte, as our writer does. */
const RECORDS = 64;
/** A stranger can define 16 000 others. So often they are thrown away. */
const FRAMES_BETWEEN_PURGES = 256;

/**
 * MessagePack in {@link lengthPrefixed} frames, by the package `msgpackr`, which has to be installed beside this one. The
 * fastest codec, and the smallest on the wire: the names of an object's properties go over it once, and `sendMany` packs
 * many messages into one frame.
 *
 * Carries what JSON does not: `undefined`, bigints, `NaN`, dates, Maps, Sets, errors, regular expressions, typed
 * arrays, Buffers. `send` throws `ERR_ENCODE` for what it cannot write: a function, a symbol, a circular object. A frame
 * that is not MessagePack is an `ERR_DECODE` on `failures$`. The key `__proto__` arrives as `__proto_`.
 *
 * Names that were sent are remembered for the last 64 kinds of objects, of frames of at most 64 KiB. When a frame is lost
 * (over `maxFrameBytes`), those after it that refer to it are an `ERR_DECODE` each, never read as something else, until
 * the sender begins anew, which it does every 8 192 frames.
 *
 * @throws `ERR_MISSING_PACKAGE` if `msgpackr` cannot be loaded.
 * @example
 * import { msgpack } from 'deka-ipc/msgpack';
 * const [a, b] = pair({ codec: msgpack() });
 */
export function msgpack<Out = unknown, In = unknown>({
  records = true,
}: MsgpackOptions = {}): Codec<Out, In> {
  const library = optionalPackage<Msgpackr>('msgpackr', 'msgpack()');
  const create = () => (records ? new RecordCoder<Out, In>(library) : plainCoder<Out, In>(library));
  return { name: 'msgpack', framing: lengthPrefixed(), envelope: bare(), create };
}

function plainCoder<Out, In>({ Packr }: Msgpackr): Coder<Out, In> {
  const packr = new Packr({ ...OPTIONS, useRecords: false, variableMapSize: true });
  return {
    encode: message => packed(packr, message, 0),
    decode: frame => {
      const bytes = bytesOf(frame, 'msgpack');
      try {
        return packr.unpack(bytes) as In;
      } catch (cause) {
        throw notReadable('MessagePack', 'msgpack', bytes.byteLength, cause);
      }
    },
  };
}

/** Each direction remembers what was defined in it: the two have nothing to do with each other. */
class RecordCoder<Out, In> implements Coder<Out, In> {
  readonly #packr: Packr;
  readonly #unpackr: Unpackr & { structures?: unknown[] };
  #written = 0; // frames since the writer began anew
  #fresh = false; // the next frame says that it has
  #read = 0;

  constructor({ Packr, Unpackr }: Msgpackr) {
    this.#packr = new Packr({ ...OPTIONS, sequential: true });
    this.#unpackr = new Unpackr({ ...OPTIONS, sequential: true });
    this.missed();
  }

  encode(message: Out): Uint8Array {
    return this.#pack(message, 0);
  }

  encodeMany(messages: readonly Out[]): Uint8Array {
    return this.#pack(messages, MANY);
  }

  decode(frame: Frame): In {
    return this.#unpack(frame) as In;
  }

  decodeMany(frame: Frame): readonly In[] | undefined {
    if (frame[0] !== LEAD || (Number(frame[1]) & MANY) === 0) return undefined;
    const messages = this.#unpack(frame);
    if (Array.isArray(messages)) return messages as In[];
    throw notReadable('MessagePack', 'msgpack', frame.length, 'many messages that are no array');
  }

  unsent(): void {
    this.#packr.clearSharedData();
    this.#written = 0;
    this.#fresh = true;
  }

  missed(): void {
    // An unknown record would be read as a number, one that was defined anew in the lost frame as another record.
    this.#unpackr.structures = UNKNOWN_RECORDS.slice();
  }

  #purge(): void {
    const { structures = [] } = this.#unpackr;
    this.#unpackr.structures = structures.slice(0, RECORDS);
  }

  #pack(value: unknown, kind: number): Uint8Array {
    if (this.#written === FRAMES_REMEMBERED) this.unsent();
    const flags = this.#fresh ? kind | FRESH : kind;
    const frame = packed(this.#packr, value, flags === 0 ? 0 : RESERVE_START_SPACE + LEAD_BYTES);
    if (flags !== 0) {
      frame[0] = LEAD;
      frame[1] = flags;
    }
    this.#fresh = false;
    this.#written += 1;
    if (frame.length > LONG_FRAME_BYTES) this.unsent();
    return frame;
  }

  #unpack(frame: Frame): unknown {
    const bytes = bytesOf(frame, 'msgpack');
    const led = bytes[0] === LEAD;
    if (led && Number(bytes[1]) & FRESH) this.missed();
    this.#read += 1;
    if (this.#read % FRAMES_BETWEEN_PURGES === 0) this.#purge();
    let message: unknown;
    try {
      message = this.#unpackr.unpack(led ? bytes.subarray(LEAD_BYTES) : bytes);
    } catch (cause) {
      this.missed();
      throw notReadable('MessagePack', 'msgpack', bytes.byteLength, cause);
    }
    if (bytes.byteLength > LONG_FRAME_BYTES) this.missed();
    return message;
  }
}

/** msgpackr asks what stands at a record's number to read itself. */
const UNKNOWN_RECORDS: readonly unknown[] = Array.from({ length: RECORDS }, () => ({ read: refuseUnknown }));

function refuseUnknown(): never {
  throw new Error('it refers to a record of a frame that was lost');
}

function refuseFunction(): never {
  throw new TypeError('it has a function in it');
}

function packed(packr: Packr, value: unknown, options: number): Uint8Array {
  try {
    return packr.pack(value, options);
  } catch (cause) {
    throw notPackable('MessagePack', cause);
  }
}
