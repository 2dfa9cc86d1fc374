import { IpcError } from '../errors.js';
import { asBuffer } from './frame-text.js';
import type { Frame, FrameHeader, FrameLimits, Framing, Splitter } from './framing.js';
import { NextPayload, Payload } from './payload.js';

/** Options of {@link lengthPrefixed}. */
export interface LengthPrefixedOptions {
  /** How long the length itself is, in bytes. Default 4. */
  readonly bytes?: 1 | 2 | 4;
  /** Which byte of the length comes first: the `'big'` end (network order, default) or the `'little'` one. */
  readonly endian?: 'big' | 'little';
  /** Whether the length counts its own bytes. Default false: it counts what stands behind it. */
  readonly includesItself?: boolean;
}

/** The options with every default filled in. */
type Header = Required<LengthPrefixedOptions>;

/**
 * Frames are bytes, each behind its length as an unsigned number. The framing of binary codecs, and of Node's own
 * `serialization: 'advanced'`.
 *
 * Frames may share memory with the frames beside them, never with what is still to come. A frame over
 * `maxFrameBytes` is skipped and becomes one `ERR_FRAME_TOO_LARGE`; the frames beside it arrive. A length that cannot
 * be (`includesItself`, and smaller than the length's own bytes) is an `ERR_FRAMING_LOST`: nothing tells where the next
 * frame begins. Text is written as UTF-8; `send` throws `ERR_ENCODE` for a
 * message that is too long for the header (255 bytes, 64 KiB, 4 GiB).
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * const framing = lengthPrefixed({ bytes: 2 });
 * const splitter = framing.splitter({ maxFrameBytes: 1024 });
 * splitter.push(Buffer.from([0, 3, 0x6f, 0x6e])); // []
 * splitter.push(Buffer.from([0x65, 0]));          // [<Buffer 6f 6e 65>]
 * framing.join('one');                            // <Buffer 00 03 6f 6e 65>
 */
export function lengthPrefixed(options: LengthPrefixedOptions = {}): Framing {
  const header = resolve(options);
  return {
    name: 'length-prefixed',
    kind: 'binary',
    splitter: limits => createLengthSplitter(header, limits),
    join: frame => join(header, frame),
    header: headerOf(header),
  };
}

/**
 * | inside of | holds                                    | until                                            |
 * |-----------|------------------------------------------|--------------------------------------------------|
 * | a header  | `head`, the `headLength` bytes there are | it is whole: a payload, one to skip, or lost     |
 * | a payload | `payload`, what there is of it           | it is whole: a frame, then the next header       |
 * | a skipped | `skip`, the bytes still to come          | they have come: the next header                  |
 * | lost      | nothing                                  | for ever                                         |
 */
function createLengthSplitter(header: Header, { maxFrameBytes }: FrameLimits): Splitter {
  const head = Buffer.alloc(header.bytes);
  let headLength = 0;
  let payload: Payload | undefined;
  const next = new NextPayload(header.bytes);
  let skip = 0;
  let lost = false;

  return { push, end, room };

  function push(chunk: Uint8Array): readonly (Frame | IpcError)[] {
    const bytes = asBuffer(chunk);
    const found: (Frame | IpcError)[] = [];
    let at = 0;
    while (at < bytes.length && !lost) {
      if (payload !== undefined) at += goOn(payload, bytes, at, found);
      else if (skip > 0) at += leaveOut(bytes.length - at);
      else if (headLength > 0) at = begin(bytes, at, found);
      else {
        const wholeEnd = at === 0 && next.holds(bytes) ? 0 : endOfWhole(header, maxFrameBytes, bytes, at);
        // One copy for all frames of a chunk costs half of one copy for each, and none is copied again.
        if (wholeEnd > at) cutWhole(header, Buffer.from(bytes.subarray(at, wholeEnd)), found);
        at = begin(bytes, wholeEnd, found);
      }
    }
    return found;
  }

  function room(): Uint8Array | undefined {
    if (payload !== undefined) return payload.room();
    return headLength === 0 && skip === 0 ? next.room() : undefined;
  }

  function end(): IpcError | undefined {
    const inside = headLength > 0 || payload !== undefined;
    const bytes = payload === undefined ? headLength : header.bytes + payload.filled;
    headLength = 0;
    skip = 0;
    payload = undefined;
    return inside ? cutOff(bytes) : undefined;
  }

  /** Takes what the chunk has of a header, and decides what becomes of the frame behind it. */
  function begin(bytes: Buffer, start: number, found: (Frame | IpcError)[]): number {
    const at = start + bytes.copy(head, headLength, start);
    headLength += at - start;
    if (headLength < header.bytes) return at;
    headLength = 0;
    const length = payloadLength(header, head, 0);
    const memory = next.take(bytes, at, length);
    if (length < 0) {
      lost = true;
      found.push(impossibleLength(header, length));
    } else if (length > maxFrameBytes) {
      skip = length;
      found.push(tooLarge(length, maxFrameBytes));
    } else if (length === 0) {
      found.push(Buffer.alloc(0));
    } else {
      payload = new Payload(length, header.bytes, memory);
    }
    return at;
  }

  function goOn(part: Payload, bytes: Buffer, at: number, found: (Frame | IpcError)[]): number {
    const taken = part.take(bytes, at);
    if (part.missing > 0) return taken;
    const whole = part.whole();
    found.push(whole);
    payload = undefined;
    next.expect(whole.length);
    return taken;
  }

  function leaveOut(bytes: number): number {
    const left = Math.min(skip, bytes);
    skip -= left;
    return left;
  }
}

/** Where the frames end that lie in the chunk from `start` on, whole and within the limit. */
function endOfWhole(header: Header, maxFrameBytes: number, bytes: Buffer, start: number): number {
  let end = start;
  while (bytes.length - end >= header.bytes) {
    const length = payloadLength(header, bytes, end);
    const next = end + header.bytes + length;
    if (length < 0 || length > maxFrameBytes || next > bytes.length) break;
    end = next;
  }
  return end;
}

function cutWhole(header: Header, block: Buffer, found: (Frame | IpcError)[]): void {
  let at = 0;
  while (at < block.length) {
    const start = at + header.bytes;
    at = start + payloadLength(header, block, at);
    found.push(block.subarray(start, at));
  }
}

/** Unsigned: what Node reads with `<< 24` is negative from 2 GiB on (lib/internal/child_process/serialization.js). */
function payloadLength({ bytes, endian, includesItself }: Header, from: Buffer, at: number): number {
  const length = endian === 'big' ? from.readUIntBE(at, bytes) : from.readUIntLE(at, bytes);
  return includesItself ? length - bytes : length;
}

function join(header: Header, frame: Frame): Buffer {
  const payload = typeof frame === 'string' ? Buffer.byteLength(frame) : frame.byteLength;
  const longest = longestPayload(header);
  if (payload > longest) throw tooLong(payload, longest);
  const joined = Buffer.allocUnsafe(header.bytes + payload);
  writeLength(header, joined, 0, payload);
  if (typeof frame === 'string') joined.write(frame, header.bytes);
  else joined.set(frame, header.bytes);
  return joined;
}

function headerOf(header: Header): FrameHeader {
  return {
    bytes: header.bytes,
    longest: longestPayload(header),
    write: (into, at, length) => writeLength(header, asBuffer(into), at, length),
  };
}

function longestPayload({ bytes, includesItself }: Header): number {
  const longest = 2 ** (8 * bytes) - 1;
  return includesItself ? longest - bytes : longest;
}

function writeLength(
  { bytes, endian, includesItself }: Header,
  into: Buffer,
  at: number,
  payload: number,
): void {
  const length = includesItself ? payload + bytes : payload;
  if (endian === 'big') into.writeUIntBE(length, at, bytes);
  else into.writeUIntLE(length, at, bytes);
}

function resolve({ bytes = 4, endian = 'big', includesItself = false }: LengthPrefixedOptions): Header {
  if (![1, 2, 4].includes(bytes)) throw invalid('bytes', bytes, '1, 2 or 4');
  if (!['big', 'little'].includes(endian)) throw invalid('endian', endian, "'big' or 'little'");
  return { bytes, endian, includesItself };
}

function invalid(name: string, value: unknown, wanted: string): IpcError {
  return new IpcError('ERR_INVALID_OPTION', `${name} must be ${wanted}; it is ${String(value)}.`);
}

function tooLong(length: number, longest: number): IpcError {
  return new IpcError(
    'ERR_ENCODE',
    `The message has ${length} bytes, and its header can count ${longest}. ` +
      'Send less at once, or give lengthPrefixed() more bytes on both sides.',
  );
}

function tooLarge(length: number, maxFrameBytes: number): IpcError {
  return new IpcError(
    'ERR_FRAME_TOO_LARGE',
    `The peer sent a frame of ${length} bytes, over the limit of ${maxFrameBytes} bytes; it was dropped. ` +
      'Send less at once, or raise maxFrameBytes on this side. A length like this one may also mean that the peer ' +
      'writes something that is not length-prefixed.',
  );
}

function impossibleLength({ bytes }: Header, payload: number): IpcError {
  return new IpcError(
    'ERR_FRAMING_LOST',
    `The peer sent a length of ${payload + bytes}, which is to count its own ${bytes} bytes as well; where the next ` +
      'frame begins cannot be told. Check that both ends use the same options of lengthPrefixed(), and open a new channel.',
  );
}

function cutOff(bytes: number): IpcError {
  return new IpcError(
    'ERR_DECODE',
    `The link ended ${bytes} bytes into a frame; that part was dropped. The peer died while writing.`,
  );
}
