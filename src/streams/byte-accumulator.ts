const SMALLEST = 4 * 1024;
const KEPT_WHEN_EMPTY = 1024 * 1024;

/**
 * Bytes that arrived before the rest of their frame. Grows by doubling, so appending n bytes costs O(n) however they
 * are cut, and a peer that sends byte by byte costs two bytes of memory for each, not an object for each.
 */
export class ByteAccumulator {
  #memory = Buffer.alloc(0);
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
