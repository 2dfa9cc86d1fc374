import { constants, isUtf8 } from 'node:buffer';
import { IpcError, quoted } from '../errors.js';
import { ByteAccumulator } from './byte-accumulator.js';
import { asBuffer, sendableText } from './frame-text.js';
import type { Frame, FrameLimits, Framing, Splitter } from './framing.js';

const CR = 0x0d;
const LF = 0x0a;
const MAX_HEADER_BYTES = 8 * 1024;

/** One header: a token of RFC 9110 (section 5.6.2), a colon, the value. */
const HEADER = /^([\w!#$%&'*+.^`|~-]+):(.*)$/;

/** A value of one word, with the spaces and tabs around it. No expression here may have to give spaces back. */
const WORD = /^[ \t]*([^ \t]*)[ \t]*$/;

/**
 * Frames are UTF-8 text behind a header that says how many bytes they have, as language servers and debug adapters
 * speak it (LSP 3.17, "Base Protocol"; DAP, "Base protocol"):
 *
 * ```
 * Content-Length: 17\r\n
 * \r\n
 * {"jsonrpc":"2.0"}
 * ```
 *
 * Headers may come in any order and case; all but `Content-Length` are read over. A frame over `maxFrameBytes` is skipped
 * and becomes one `ERR_FRAME_TOO_LARGE`, one that is not valid UTF-8 an `ERR_DECODE`; the frames beside it arrive. A
 * header that is none, that has no length or two that differ, or that is longer than 8 KiB, is an `ERR_FRAMING_LOST`:
 * nothing tells where the next frame begins.
 *
 * @example
 * const framing = contentLength();
 * const splitter = framing.splitter({ maxFrameBytes: 1024 });
 * splitter.push(Buffer.from('Content-Length: 2\r\n\r\n{}Content-')); // ['{}']
 * framing.join('{}');                                               // 'Content-Length: 2\r\n\r\n{}'
 */
export function contentLength(): Framing {
  return { name: 'content-length', kind: 'text', splitter: createContentSplitter, join };
}

/**
 * | inside of | holds                                              | until                                       |
 * |-----------|----------------------------------------------------|---------------------------------------------|
 * | a header  | `head`, and `matched` bytes of the blank line      | the blank line: a body, one to skip, or lost |
 * | a body    | `body`, and `missing` bytes to come                | it is whole: a frame, then the next header  |
 * | a skipped | `missing` bytes to come                            | they have come: the next header             |
 * | lost      | nothing                                            | for ever                                    |
 */
function createContentSplitter(limits: FrameLimits): Splitter {
  // A body becomes a string, and no string can be longer than this (512 MiB on Node 20).
  const maxFrameBytes = Math.min(limits.maxFrameBytes, constants.MAX_STRING_LENGTH);
  const body = new ByteAccumulator();
  let head = '';
  let matched = 0;
  let missing = 0;
  let skipping = false;
  let lost = false;

  return { push, end };

  function push(chunk: Uint8Array): readonly (Frame | IpcError)[] {
    const bytes = asBuffer(chunk);
    const found: (Frame | IpcError)[] = [];
    let at = 0;
    while (at < bytes.length && !lost)
      at = missing > 0 ? bodyFrom(bytes, at, found) : headFrom(bytes, at, found);
    return found;
  }

  function end(): IpcError | undefined {
    const cut = head.length + body.length;
    const inside = head !== '' || (missing > 0 && !skipping);
    head = '';
    matched = 0;
    missing = 0;
    body.clear();
    return inside ? cutOff(cut) : undefined;
  }

  /** Takes what the chunk has of a header, and decides what becomes of the body behind it. */
  function headFrom(bytes: Buffer, start: number, found: (Frame | IpcError)[]): number {
    const longest = Math.min(bytes.length, start + MAX_HEADER_BYTES - head.length);
    let at = start;
    while (at < longest && matched < BLANK_LINE) matched = afterByte(matched, bytes[at++]);
    head += bytes.toString('latin1', start, at);
    if (matched < BLANK_LINE && head.length < MAX_HEADER_BYTES) return at;
    const length = matched < BLANK_LINE ? overlongHeader() : lengthIn(head);
    head = '';
    matched = 0;
    if (length instanceof IpcError) {
      lost = true;
      found.push(length);
    } else if (length === 0) {
      found.push('');
    } else {
      missing = length;
      skipping = length > maxFrameBytes;
      if (skipping) found.push(tooLarge(length, maxFrameBytes));
    }
    return at;
  }

  /** Takes what the chunk has of a body, or leaves it out. */
  function bodyFrom(bytes: Buffer, at: number, found: (Frame | IpcError)[]): number {
    const part = bytes.subarray(at, at + missing);
    missing -= part.length;
    if (skipping) return at + part.length;
    if (missing > 0 || body.length > 0) body.append(part);
    if (missing === 0) found.push(text(body.length > 0 ? body.take() : part));
    return at + part.length;
  }
}

/** So many bytes of `\r\n\r\n` have come. */
const BLANK_LINE = 4;

function afterByte(matched: number, byte: number | undefined): number {
  if (byte === CR) return matched === 2 ? 3 : 1;
  return byte === LF && (matched === 1 || matched === 3) ? matched + 1 : 0;
}

function lengthIn(head: string): number | IpcError {
  let length: string | undefined;
  for (const line of head.slice(0, -BLANK_LINE).split('\r\n')) {
    const [, name, padded] = HEADER.exec(line) ?? [];
    if (name === undefined || padded === undefined) return badHeader('is no header', line);
    if (name.toLowerCase() !== 'content-length') continue;
    const value = WORD.exec(padded)?.[1] ?? padded;
    if (length !== undefined && length !== value) return badHeader('contradicts the one before it', line);
    length = value;
  }
  if (length === undefined) return badHeader('has no Content-Length in it', head);
  return /^\d{1,15}$/.test(length) ? Number(length) : badHeader('has no length in bytes', length);
}

function join(frame: Frame): string {
  const body = sendableText(frame, 'contentLength()');
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function text(body: Buffer): string | IpcError {
  return isUtf8(body) ? body.toString('utf8') : notUtf8(body.length);
}

function badHeader(problem: string, text: string): IpcError {
  return lostBy(`The peer sent ${quoted(text)} where a header belongs, which ${problem}`);
}

function overlongHeader(): IpcError {
  return lostBy(`The peer sent ${MAX_HEADER_BYTES} bytes without the blank line that ends a header`);
}

function lostBy(what: string): IpcError {
  return new IpcError(
    'ERR_FRAMING_LOST',
    `${what}; where the next frame begins cannot be told. ` +
      'Let nothing else write to the stream (logs belong on stderr), and open a new channel.',
  );
}

function tooLarge(length: number, maxFrameBytes: number): IpcError {
  return new IpcError(
    'ERR_FRAME_TOO_LARGE',
    `The peer sent a frame of ${length} bytes, over the limit of ${maxFrameBytes} bytes; it was dropped. ` +
      'Send less at once, or raise maxFrameBytes on this side.',
  );
}

function notUtf8(length: number): IpcError {
  return new IpcError(
    'ERR_DECODE',
    `The peer sent a frame of ${length} bytes that is not valid UTF-8; it was dropped. ` +
      'Make the peer write UTF-8, or use a binary framing on both sides.',
  );
}

function cutOff(bytes: number): IpcError {
  return new IpcError(
    'ERR_DECODE',
    `The link ended ${bytes} bytes into a frame or its header; that part was dropped. The peer died while writing.`,
  );
}
