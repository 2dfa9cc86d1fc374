/** For a full batch of text of two bytes a character, or of one and as long again. */
const MEMORY_BYTES = 128 * 1024;

/** One for the write under way, and one for the batch behind it. */
const KEPT = 2;

/**
 * Memory that text is encoded into, the same again and again: new memory costs a batch more than encoding does, and the
 * collector runs for it.
 */
export class TextMemory {
  readonly #free: Buffer[] = [];
  readonly #lent = new WeakMap<Uint8Array, Buffer>();

  /** The text as UTF-8: for ever, or until it is released. */
  encode(text: string): Uint8Array {
    const length = Buffer.byteLength(text);
    if (length > MEMORY_BYTES) return encodeUtf8(text, length);
    const memory = this.#free.pop() ?? Buffer.allocUnsafeSlow(MEMORY_BYTES);
    memory.write(text, 0, length, encodingOf(text, length));
    const encoded = memory.subarray(0, length);
    this.#lent.set(encoded, memory);
    return encoded;
  }

  /** Nobody needs what `encode` returned any more. */
  release(encoded: Uint8Array): void {
    const memory = this.#lent.get(encoded);
    if (memory === undefined) return;
    this.#lent.delete(encoded);
    if (this.#free.length < KEPT) this.#free.push(memory);
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
