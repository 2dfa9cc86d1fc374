import { isUtf8 } from 'node:buffer';
import { IpcError } from '../errors.js';

const LF = 0x0a;
const READ_BYTES = 64 * 1024;
const LARGE_BYTES = 1024 * 1024;

/**
 * Bytes read from a descriptor and not yet taken as lines. Reads go straight into it, so a line of n bytes costs O(n)
 * however it is cut, and a peer that writes byte by byte costs a byte for each.
 */
export class RawLines {
  readonly #maxLineBytes: number;
  #memory = Buffer.alloc(0);
  #start = 0; // of the next line
  #searched = 0; // no line break between #start and here
  #end = 0;
  #skipping = false; // inside a line that is over the limit and was already reported

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Whether it could be forgotten and made anew. */
  get empty(): boolean {
    return this.#start === this.#end && !this.#skipping;
  }

  /** Memory for the next read, bounded: what is taken from the kernel no longer holds the peer back. */
  room(): Buffer {
    if (this.#end === this.#memory.length) this.#makeRoom();
    return this.#memory.subarray(this.#end, this.#end + READ_BYTES);
  }

  /** Tells how many bytes of `room` a read has used. */
  filled(bytes: number): void {
    this.#end += bytes;
  }

  /** The next whole line, without its line break; valid until the next `room`. `ERR_FRAME_TOO_LARGE` in its place. */
  shift(): Buffer | IpcError | undefined {
    const lineEnd = this.#memory.subarray(0, this.#end).indexOf(LF, this.#searched);
    if (lineEnd === -1) return this.#unfinished();
    const line = this.#memory.subarray(this.#start, lineEnd);
    const skipped = this.#skipping;
    this.#skipping = false;
    this.#advance(lineEnd + 1);
    if (skipped) return this.shift();
    return line.length > this.#maxLineBytes ? tooLarge(this.#maxLineBytes) : line;
  }

  /** At the end of file: what no line break ended. */
  rest(): Buffer | undefined {
    const rest = this.#memory.subarray(this.#start, this.#end);
    this.#skipping = false;
    this.#advance(this.#end);
    return rest.length > 0 ? rest : undefined;
  }

  #unfinished(): IpcError | undefined {
    this.#searched = this.#end;
    const overlong = this.#end - this.#start > this.#maxLineBytes;
    if (!overlong && !this.#skipping) return undefined;
    const error = this.#skipping ? undefined : tooLarge(this.#maxLineBytes);
    this.#skipping = true;
    this.#advance(this.#end);
    return error;
  }

  #advance(to: number): void {
    this.#start = to;
    this.#searched = to;
    // A few bytes behind a huge line must not hold its memory. They fit: they came with its end, in one read.
    if (this.#memory.length > LARGE_BYTES) this.#move(READ_BYTES);
  }

  /** Doubles, or moves what is kept to the front if that frees half: either way a byte is copied O(1) times. */
  #makeRoom(): void {
    const kept = this.#end - this.#start;
    const size = this.#memory.length;
    const largest = this.#maxLineBytes + READ_BYTES; // past it shift() has given the line up
    this.#move(kept * 2 > size ? Math.min(size * 2, largest) : Math.max(size, READ_BYTES));
  }

  #move(size: number): void {
    const kept = this.#memory.subarray(this.#start, this.#end);
    const memory = size === this.#memory.length ? this.#memory : Buffer.allocUnsafeSlow(size);
    memory.set(kept);
    this.#memory = memory;
    this.#searched -= this.#start;
    this.#start = 0;
    this.#end = kept.length;
  }
}

/** A text as the bytes of one line. */
export function encodeLine(text: string): Buffer {
  if (typeof text !== 'string' || text.includes('\n')) {
    throw new IpcError(
      'ERR_ENCODE',
      'childIpcSend() takes one line of text, and what it got is no text or has a line break in it. ' +
        'Write values with JSON.stringify(), which escapes line breaks, and call it once for each line.',
    );
  }
  return Buffer.from(`${text}\n`);
}

/** What became of a line: its text, or null where there was none. Throws what it is instead. */
export function textOf(line: Buffer | IpcError | undefined): string | null {
  if (line === undefined) return null;
  if (line instanceof IpcError) throw line;
  if (!isUtf8(line)) throw notUtf8(line.length);
  return line.toString();
}

function tooLarge(maxLineBytes: number): IpcError {
  return new IpcError(
    'ERR_FRAME_TOO_LARGE',
    `The peer sent a line of more than ${maxLineBytes} bytes; it was dropped. Send less on one line.`,
  );
}

function notUtf8(bytes: number): IpcError {
  return new IpcError(
    'ERR_DECODE',
    `The peer sent a line of ${bytes} bytes that is not valid UTF-8; it was dropped. ` +
      'Make the peer write UTF-8, or carry bytes as base64.',
  );
}
