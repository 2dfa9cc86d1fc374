import { constants, isUtf8 } from 'node:buffer';
import { IpcError } from '../errors.js';
import { ByteAccumulator } from './byte-accumulator.js';
import { asBuffer, sendableText, textOf } from './frame-text.js';
import type { Frame, FrameLimits, Framing, Splitter } from './framing.js';
import { createBlockSplitter } from './split-block.js';

const LF = 0x0a;

/**
 * Frames are lines of UTF-8 text, each ended by `\n`. The framing of JSON Lines, and of the Deka wire.
 *
 * A `\r` before the `\n` stays in the frame (JSON does not mind it). A line that is not valid UTF-8 becomes an
 * `ERR_DECODE`, one that is over `maxFrameBytes` an `ERR_FRAME_TOO_LARGE`; the lines beside it arrive.
 *
 * @example
 * const splitter = lines().splitter({ maxFrameBytes: 1024 });
 * splitter.push(Buffer.from('{"id":1}\n{"id"')); // ['{"id":1}']
 */
export function lines(): Framing {
  return { name: 'lines', kind: 'text', splitter: createLineSplitter, join: joinLine, delimiter: '\n' };
}

function joinLine(frame: Frame): string {
  const line = sendableText(frame, 'the lines framing');
  if (line.includes('\n')) {
    throw new IpcError(
      'ERR_ENCODE',
      'The codec produced a frame with a line break in it, which the lines framing would cut in two. ' +
        'Escape line breaks in the codec, or give the channel a framing that counts bytes.',
    );
  }
  return `${line}\n`;
}

function createLineSplitter(limits: FrameLimits): Splitter {
  // A line becomes a string, and no string can be longer than this (512 MiB on Node 20).
  const maxFrameBytes = Math.min(limits.maxFrameBytes, constants.MAX_STRING_LENGTH);
  const tail = new ByteAccumulator();
  let splitBlock: ReturnType<typeof createBlockSplitter> | undefined;
  let skipping = false; // inside a line that is over the limit and was already reported

  return { push, end };

  function push(chunk: Uint8Array): readonly (Frame | IpcError)[] {
    let bytes = asBuffer(chunk);
    if (skipping) {
      const lineEnd = bytes.indexOf(LF);
      if (lineEnd === -1) return [];
      skipping = false;
      bytes = bytes.subarray(lineEnd + 1);
    }
    const blockEnd = bytes.lastIndexOf(LF) + 1;
    if (blockEnd === 0) return keep(bytes);

    if (blockEnd === bytes.length) return framesOf(completed(bytes));
    const frames = framesOf(completed(bytes.subarray(0, blockEnd)));
    const overlong = keep(bytes.subarray(blockEnd));
    return overlong.length === 0 ? frames : [...frames, ...overlong];
  }

  function end(): IpcError | undefined {
    const cut = tail.length;
    tail.clear();
    return cut === 0 ? undefined : cutOff(cut);
  }

  function completed(block: Buffer): Buffer {
    if (tail.length === 0) return block;
    tail.append(block);
    return tail.take();
  }

  function keep(rest: Buffer): readonly IpcError[] {
    if (tail.length + rest.length <= maxFrameBytes) {
      if (rest.length > 0) tail.append(rest);
      return [];
    }
    tail.clear();
    skipping = true;
    return [tooLarge(maxFrameBytes)];
  }

  function framesOf(block: Buffer): readonly (Frame | IpcError)[] {
    // No line of a block can be longer than the block, so one comparison clears them all; likewise one UTF-8 check.
    if (block.length <= maxFrameBytes && isUtf8(block)) return validFrames(block);
    return eachLine(block).map(checkedLine);
  }

  function validFrames(block: Buffer): readonly Frame[] {
    // One line needs no splitting. It is what a round trip consists of, and what a message of many megabytes is.
    if (block.indexOf(LF) === block.length - 1) return [block.toString('utf8', 0, block.length - 1)];
    splitBlock ??= createBlockSplitter();
    return splitBlock(block);
  }

  function checkedLine(line: Buffer): Frame | IpcError {
    if (line.length > maxFrameBytes) return tooLarge(maxFrameBytes);
    return isUtf8(line) ? textOf(line) : notUtf8(line);
  }
}

function eachLine(block: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let start = 0;
  while (start < block.length) {
    const lineEnd = block.indexOf(LF, start);
    found.push(block.subarray(start, lineEnd));
    start = lineEnd + 1;
  }
  return found;
}

function tooLarge(maxFrameBytes: number): IpcError {
  return new IpcError(
    'ERR_FRAME_TOO_LARGE',
    `The peer sent a line of more than ${maxFrameBytes} bytes; it was dropped. ` +
      'Send less at once, or raise maxFrameBytes on this side.',
  );
}

function notUtf8(line: Buffer): IpcError {
  return new IpcError(
    'ERR_DECODE',
    `The peer sent a line of ${line.length} bytes that is not valid UTF-8; it was dropped. ` +
      'Make the peer write UTF-8, or use a binary framing on both sides.',
  );
}

function cutOff(bytes: number): IpcError {
  return new IpcError(
    'ERR_DECODE',
    `The link ended ${bytes} bytes into a line; that part was dropped. ` +
      'The peer died while writing, or did not end its last line with a line break.',
  );
}
