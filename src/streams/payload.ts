import { longMemory } from './long-memory.js';

/** So many bytes are believed to come before any of them has. */
const BELIEVED_BYTES = 64 * 1024;
/** Of what was announced, this many times what has come is believed. */
const BELIEVED_TIMES = 4;
/** From here on, reading straight into the memory of a payload pays for the reads that end where it does. */
const LONG_BYTES = 16 * 1024;

/**
 * The payload of one frame, of a length that the peer has announced, as it comes in chunks. In memory of its own, for it is
 * given away with the frame. Memory grows with what has come, so that announcing costs the peer as much as sending does.
 */
export class Payload {
  readonly #length: number;
  readonly #behind: number;
  #memory: Buffer | undefined;
  #filled = 0;

  /**
   * @param behind bytes of the next frame that a read may bring along: its header tells how much to read next.
   * @param memory where it may be kept, with room for all of it; by itself it takes its own.
   */
  constructor(length: number, behind: number, memory?: Buffer) {
    this.#length = length;
    this.#behind = behind;
    this.#memory = memory;
  }

  /** How many bytes of it have come. */
  get filled(): number {
    return this.#filled;
  }

  get missing(): number {
    return this.#length - this.#filled;
  }

  /** Takes what a chunk has of it from `at` on. Returns how many bytes that is. */
  take(chunk: Buffer, at: number): number {
    const size = Math.min(this.missing, chunk.length - at);
    if (!this.#holds(chunk, at)) this.#copy(chunk.subarray(at, at + size));
    this.#filled += size;
    return size;
  }

  /** Where the rest may be read to; {@link take} then copies nothing. Undefined if it is too short for that. */
  room(): Uint8Array | undefined {
    if (this.#length < LONG_BYTES) return undefined;
    return this.#grown(this.#filled + 1).subarray(this.#filled);
  }

  /** All of it, once none is missing. */
  whole(): Buffer {
    return this.#memory?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }

  #holds(chunk: Buffer, at: number): boolean {
    const memory = this.#memory;
    return memory?.buffer === chunk.buffer && chunk.byteOffset + at === memory.byteOffset + this.#filled;
  }

  #copy(part: Buffer): void {
    if (part.length === this.#length) this.#memory = Buffer.from(part);
    else this.#grown(this.#filled + part.length).set(part, this.#filled);
  }

  #grown(needed: number): Buffer {
    const memory = this.#memory;
    if (memory !== undefined && memory.length >= needed) return memory;
    const believed = Math.min(this.#length, Math.max(needed * BELIEVED_TIMES, BELIEVED_BYTES));
    const size = believed + (believed === this.#length ? this.#behind : 0);
    // Short ones from Node's pool, as every short frame.
    const grown = size < LONG_BYTES ? Buffer.allocUnsafe(size) : longMemory(size);
    if (memory !== undefined) grown.set(memory.subarray(0, this.#filled));
    this.#memory = grown;
    return grown;
  }
}

/**
 * Memory for a frame of which nothing has come. Behind a long one there is mostly another as long; a read that ended where
 * that one did would otherwise bring the next one to where it has to be copied from.
 *
 * ```
 * | header | payload, as long as the one before | the next header |
 * ```
 */
export class NextPayload {
  readonly #header: number;
  #length = 0;
  #memory: Buffer | undefined;

  /** @param header bytes that stand before a payload. */
  constructor(header: number) {
    this.#header = header;
  }

  /** A payload of this length is whole, and the next one may be like it. */
  expect(length: number): void {
    if (length === this.#length) return;
    this.#length = length >= LONG_BYTES && length <= BELIEVED_BYTES ? length : 0;
    this.#memory = undefined;
  }

  /** Where the next frame may be read to. Undefined if nothing tells how long it is. */
  room(): Uint8Array | undefined {
    if (this.#length === 0) return undefined;
    this.#memory ??= longMemory(this.#header + this.#length + this.#header);
    return this.#memory;
  }

  /** Whether a chunk was read to the room. */
  holds(chunk: Buffer): boolean {
    return chunk.buffer === this.#memory?.buffer;
  }

  /**
   * The memory for a payload of this length that begins at `at` of a chunk, if it was read to the room. Undefined if not, or
   * if it does not fit: then nothing is expected any more.
   */
  take(chunk: Buffer, at: number, length: number): Buffer | undefined {
    const memory = this.#memory;
    if (memory === undefined || !this.holds(chunk)) return undefined;
    this.#memory = undefined;
    // One that is much shorter would keep memory that nobody uses.
    const fits = at === this.#header && length <= this.#length && length * 2 >= this.#length;
    if (fits) return memory.subarray(at);
    this.#length = 0;
    return undefined;
  }
}
