/** For a full batch of text of two bytes a character, or of one and as long again. */
const MEMORY_BYTES = 128 * 1024;

/**
 * Memory that text is encoded into, the same for each batch that was written at once: new memory costs a batch more than
 * encoding does, and the collector runs for it.
 */
export class TextMemory {
  #free: Buffer | undefined;
  #lent: Uint8Array | undefined; // in #memory
  #memory: Buffer | undefined;

  /** The text as UTF-8: for ever, or until it is released. */
  encode(text: string): Uint8Array {
    const length = Buffer.byteLength(text);
    if (length > MEMORY_BYTES) return encodeUtf8(text, length);
    this.#memory = this.#free ?? Buffer.allocUnsafeSlow(MEMORY_BYTES);
    this.#free = undefined;
    this.#memory.write(text, 0, length, encodingOf(text, length));
    this.#lent = this.#memory.subarray(0, length);
    return this.#lent;
  }

  /** Nobody needs what `encode` returned any more. */
  release(encoded: Uint8Array): void {
    if (encoded !== this.#lent) return;
    this.#free = this.#memory;
    this.#lent = undefined;
  }
}

/** The text as UTF-8. */
export function encodeUtf8(text: string, length = Buffer.byteLength(text)): Uint8Array {
  return Buffer.from(text, encodingOf(text, length));
}

/** Text that turns out to be ASCII is copied byte for byte, which is faster than transcoding it. */
function encodingOf(text: string, utf8Length: number): 'latin1' | 'utf8' {
  return utf8Length === text.length ? 'latin1' : 'utf8';
}
