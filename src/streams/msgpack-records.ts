import type { Options, Packr, Unpackr } from 'msgpackr';
import type { Coder, FrameJoining, LentFrame } from './codec.js';
import type { Frame } from './framing.js';
import { bytesOf, notPackable, notReadable } from './packed.js';

/** What is used of the package. */
export interface Msgpackr {
  readonly Packr: typeof Packr;
  readonly Unpackr: typeof Unpackr;
}

export const OPTIONS: Options = {
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
/** What this frame defines holds in it alone, and what others have defined does not hold in it. */
const ALONE = 4;

/** Of MessagePack: an array, whose length follows in four bytes. */
const ARRAY_32 = 0xdd;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Of msgpackr: so many bytes are left free in front, as the lower bits say. */
const RESERVE_START_SPACE = 2048;
/** Of msgpackr: the memory that was written to, with `start` and `end`, instead of a view of the part. */
const REUSE_BUFFER_MODE = 512;

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

/** Each direction remembers what was defined in it: the two have nothing to do with each other. */
export class RecordCoder<Out, In> implements Coder<Out, In> {
  readonly #library: Msgpackr;
  readonly joining: FrameJoining<Out> = { encode: message => this.#encodeLent(message), head: headOfMany };
  readonly #lent = { memory: NO_BYTES, start: 0, end: 0 };
  readonly #packr: Packr;
  readonly #unpackr: ReturnType<typeof unknowing>;
  #written = 0; // frames since the writer began anew
  #fresh = false; // the next frame says that it has
  #encoding = false; // a getter or toJSON of the message may send another one
  #read = 0;

  constructor(library: Msgpackr) {
    this.#library = library;
    this.#packr = new library.Packr({ ...OPTIONS, sequential: true });
    this.#unpackr = unknowing(library);
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

  #encodeLent(message: Out): LentFrame | undefined {
    if (this.#fresh || this.#encoding || this.#written === FRAMES_REMEMBERED) return undefined;
    const target = this.#encoded(message, REUSE_BUFFER_MODE) as Uint8Array & Omit<LentFrame, 'memory'>;
    const lent = this.#lent;
    lent.memory = target;
    lent.start = target.start;
    lent.end = target.end;
    this.#frameWritten(lent.end - lent.start);
    return lent;
  }

  #frameWritten(length: number): void {
    this.#fresh = false;
    this.#written += 1;
    if (length > LONG_FRAME_BYTES) this.unsent();
  }

  #purge(): void {
    const { structures = [] } = this.#unpackr;
    this.#unpackr.structures = structures.slice(0, RECORDS);
  }

  #pack(value: unknown, kind: number): Uint8Array {
    if (this.#encoding) return this.#packAlone(value, kind);
    if (this.#written === FRAMES_REMEMBERED) this.unsent();
    const flags = this.#fresh ? kind | FRESH : kind;
    const frame = this.#encoded(value, flags === 0 ? 0 : RESERVE_START_SPACE + LEAD_BYTES);
    if (flags !== 0) lead(frame, flags);
    this.#frameWritten(frame.length);
    return frame;
  }

  /** It leaves before the message that is being encoded, which may have defined what the reader does not know yet. */
  #packAlone(value: unknown, kind: number): Uint8Array {
    const packr = new this.#library.Packr({ ...OPTIONS, sequential: true });
    return lead(packed(packr, value, RESERVE_START_SPACE + LEAD_BYTES), kind | ALONE);
  }

  #encoded(value: unknown, options: number): Uint8Array {
    this.#encoding = true;
    try {
      return packed(this.#packr, value, options);
    } finally {
      this.#encoding = false;
    }
  }

  #unpack(frame: Frame): unknown {
    const bytes = bytesOf(frame, 'msgpack');
    const led = bytes[0] === LEAD;
    const flags = led ? Number(bytes[1]) : 0;
    if (flags & ALONE) return unpacked(unknowing(this.#library), bytes, LEAD_BYTES);
    if (flags & FRESH) this.missed();
    this.#read += 1;
    if (this.#read % FRAMES_BETWEEN_PURGES === 0) this.#purge();
    let message: unknown;
    try {
      message = unpacked(this.#unpackr, bytes, led ? LEAD_BYTES : 0);
    } catch (thrown) {
      this.missed();
      throw thrown;
    }
    if (bytes.byteLength > LONG_FRAME_BYTES) this.missed();
    return message;
  }
}

function lead(frame: Uint8Array, flags: number): Uint8Array {
  frame[0] = LEAD;
  frame[1] = flags;
  return frame;
}

/** An array of as many values as follow. */
function headOfMany(count: number): Uint8Array {
  if (count === 1) return NO_BYTES;
  const head = Buffer.from([LEAD, MANY, ARRAY_32, 0, 0, 0, 0]);
  head.writeUInt32BE(count, head.length - 4);
  return head;
}

/** One that knows no record. */
function unknowing({ Unpackr }: Msgpackr): Unpackr & { structures?: unknown[] } {
  const unpackr: Unpackr & { structures?: unknown[] } = new Unpackr({ ...OPTIONS, sequential: true });
  unpackr.structures = UNKNOWN_RECORDS.slice();
  return unpackr;
}

/** msgpackr asks what stands at a record's number to read itself. */
const UNKNOWN_RECORDS: readonly unknown[] = Array.from({ length: RECORDS }, () => ({ read: refuseUnknown }));

function refuseUnknown(): never {
  throw new Error('it refers to a record of a frame that was lost');
}

function refuseFunction(): never {
  throw new TypeError('it has a function in it');
}

/** Throws `ERR_ENCODE`. */
export function packed(packr: Packr, value: unknown, options: number): Uint8Array {
  try {
    return packr.pack(value, options);
  } catch (cause) {
    throw notPackable('MessagePack', cause);
  }
}

/** What stands in a frame from `start` on. Throws `ERR_DECODE`. */
export function unpacked(unpackr: Unpackr, frame: Uint8Array, start: number): unknown {
  try {
    return unpackr.unpack(start === 0 ? frame : frame.subarray(start));
  } catch (cause) {
    throw notReadable('MessagePack', 'msgpack', frame.byteLength, cause);
  }
}
