import { giveBack, takePiece } from './spare-memory.js';

const KEPT_WHEN_TAKEN = 1024 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Bytes that arrived before the rest of their frame. Grows by doubling, so appending n bytes costs O(n) however they
 * are cut, and a peer that sends byte by byte costs two bytes of memory for each, not an object for each.
 */
export class ByteAccumulator {
  #memory: Buffer = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#memory.length) this.#grow(length);
    this.#memory.set(bytes, this.#length);
    this.#length = length;
  }

  /** The bytes so far, as a view that is valid until the next `append` or `clear`. Empties the accumulator. */
  take(): Buffer {
    const bytes = this.#memory.subarray(0, this.#length);
    this.#length = 0;
    if (this.#memory.length > KEPT_WHEN_TAKEN) this.#memory = NOTHING;
    return bytes;
  }

  /** Lets go of the bytes, and of the memory that they were in. */
  clear(): void {
    this.#length = 0;
    giveBack(this.#memory);
    this.#memory = NOTHING;
  }

  #grow(length: number): void {
    const larger = takePiece(Math.max(length, this.#memory.length * 2));
    larger.set(this.#memory.subarray(0, this.#length));
    giveBack(this.#memory);
    this.#memory = larger;
  }
}
