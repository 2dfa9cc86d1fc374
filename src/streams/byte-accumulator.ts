const SMALLEST = 4 * 1024;
const KEPT_WHEN_EMPTY = 1024 * 1024;
/** Who announces more has to send it first. */
const MOST_RESERVED = 128 * 1024;
const NO_MEMORY = Buffer.alloc(0);

/**
 * Bytes that arrived before the rest of their frame. Grows by doubling, so appending n bytes costs O(n) however they
 * are cut, and a peer that sends byte by byte costs two bytes of memory for each, not an object for each.
 */
export class ByteAccumulator {
  #memory: Buffer;
  #length = 0;

  /** @param expected how many bytes will come, if that is known: memory is reserved for them, up to 128 KiB. */
  constructor(expected = 0) {
    this.#memory = expected === 0 ? NO_MEMORY : Buffer.allocUnsafeSlow(Math.min(expected, MOST_RESERVED));
  }

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#memory.length) this.#grow(length);
    this.#memory.set(bytes, this.#length);
    this.#length = length;
  }

  /** The bytes so far, as a view that is valid until the next `append`. Empties the accumulator. */
  take(): Buffer {
    const bytes = this.#memory.subarray(0, this.#length);
    this.clear();
    return bytes;
  }

  clear(): void {
    this.#length = 0;
    if (this.#memory.length > KEPT_WHEN_EMPTY) this.#memory = Buffer.alloc(0);
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#memory.length * 2, SMALLEST));
    larger.set(this.#memory.subarray(0, this.#length));
    this.#memory = larger;
  }
}
