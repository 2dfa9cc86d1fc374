import type { Pack } from '../joint.js';
import type { FrameJoining, LentFrame } from './codec.js';
import type { Frame, FrameHeader } from './framing.js';
import { type JoiningOutbound, MAX_MANY_BYTES, packingEncoder, type Stages } from './outbound.js';

// A longer message gains nothing from company.
const MAX_JOINED_BYTES = 8 * 1024;
/** From here on a write is full: there is little room for another message in a frame of many. */
const FULL_BYTES = MAX_MANY_BYTES - 4 * 1024;
/** For a write that is almost full, and a frame as long as a write. */
const MEMORY_BYTES = 2 * MAX_MANY_BYTES;
/** Longer frames are copied by a call, shorter ones byte by byte, which costs less than the call. */
const SHORT_FRAME_BYTES = 96;
/** The longest head that a codec may put before many messages. */
const MAX_HEAD_BYTES = 16;

/**
 * Composes the way out for frames of bytes behind a header: they are put into one block of memory, and joined into one
 * frame where the codec can do that. Undefined for any other framing.
 */
export function packOutbound<Out>(stages: Stages<Out, unknown>): JoiningOutbound<Out> | undefined {
  const { coder, framing, envelope } = stages;
  const { joining } = coder;
  const { header } = framing;
  if (header === undefined || header.longest < MAX_MANY_BYTES) return undefined;
  const block = new Block(header, joining);
  const pack = packingEncoder(stages);
  return { joint: block, encode: joining === undefined ? encodeEach : encodeJoined, encodeMany, unsent };

  function encodeJoined(message: Out): Uint8Array | number {
    const wrapped = envelope.wrap(message) as Out;
    const lent = joining?.encode(wrapped);
    if (lent === undefined) return join(coder.encode(wrapped));
    return block.join(lent) ?? join(lent.memory.subarray(lent.start, lent.end));
  }

  function encodeEach(message: Out): Uint8Array | number {
    return put(coder.encode(envelope.wrap(message) as Out));
  }

  function encodeMany(messages: readonly Out[]): Uint8Array | number {
    const frames = pack?.(messages) ?? messages.map(message => coder.encode(envelope.wrap(message) as Out));
    const [only] = frames;
    return frames.length === 1 && only !== undefined ? put(only) : Buffer.concat(frames.map(join));
  }

  function put(frame: Frame): Uint8Array | number {
    if (typeof frame === 'string') return join(frame);
    return block.add({ memory: frame, start: 0, end: frame.length }) ?? join(frame);
  }

  /** A header is for binary framings. */
  function join(frame: Frame): Uint8Array {
    return framing.join(frame) as Uint8Array;
  }

  function unsent(piece?: unknown): void {
    if (typeof piece === 'number') block.drop(piece);
    coder.unsent?.();
  }
}

/**
 * Memory for the frames of one write, and of the next ones while there is room. What was taken is not written to again
 * before it is released.
 *
 * ```
 * joined  | taken before | header | head | message | message | … | room |
 *                                        ^ #first              ^ #end
 * added   | taken before | header | frame | header | frame | … | room |
 *                        ^ #first                              ^ #end
 * ```
 * What is taken at once is either all joined or all added.
 */
class Block implements Pack {
  readonly #header: FrameHeader;
  readonly #joining: Pick<FrameJoining<never>, 'head'> | undefined;
  #memory = NO_MEMORY;
  #first = 0;
  #end = 0;
  #count = 0;
  #joined = false;
  #taken = NO_MEMORY;

  constructor(header: FrameHeader, joining: Pick<FrameJoining<never>, 'head'> | undefined) {
    this.#header = header;
    this.#joining = joining;
  }

  get full(): boolean {
    return this.#count > 0 && this.#end - this.#first >= FULL_BYTES;
  }

  /**
   * Makes a frame a part of the one that all those joined become. Returns by how many bytes the next take is longer.
   * Undefined if there is no room for it: it goes by itself.
   */
  join(frame: LentFrame): number | undefined {
    return frame.end - frame.start > MAX_JOINED_BYTES ? undefined : this.#put(frame, true);
  }

  /** As `join`, for a frame that stays one. */
  add(frame: LentFrame): number | undefined {
    return frame.end - frame.start > MAX_MANY_BYTES ? undefined : this.#put(frame, false);
  }

  /** The frame that was added last is not to be sent after all. */
  drop(bytes: number): void {
    this.#end -= bytes;
    this.#count -= 1;
  }

  take(): Uint8Array {
    const start = this.#joined ? this.#close() : this.#first;
    this.#count = 0;
    this.#taken = this.#memory.subarray(start, this.#end);
    return this.#taken;
  }

  release(taken: unknown): void {
    // Those that were taken before it have been written before it.
    if (taken === this.#taken && this.#count === 0) this.#end = 0;
  }

  #put(frame: LentFrame, joined: boolean): number | undefined {
    const length = frame.end - frame.start;
    const header = joined ? 0 : this.#header.bytes;
    const size = header + length;
    if (this.#count === 0) this.#begin(joined, size);
    else if (this.#joined !== joined) return undefined;
    if (this.#end + size > this.#fillLimit()) return undefined;
    if (!joined) this.#header.write(this.#memory, this.#end, length);
    copy(frame, this.#memory, this.#end + header);
    this.#end += size;
    this.#count += 1;
    return size;
  }

  #begin(joined: boolean, size: number): void {
    const before = joined ? this.#beforeJoined() : 0;
    if (this.#memory.length - this.#end < Math.max(before + size, MAX_MANY_BYTES)) {
      // Not from Node's pool: a batch that waits would keep what others have there.
      this.#memory = Buffer.allocUnsafeSlow(MEMORY_BYTES);
      this.#end = 0;
    }
    this.#joined = joined;
    this.#first = this.#end + before;
    this.#end = this.#first;
  }

  #beforeJoined(): number {
    return this.#header.bytes + MAX_HEAD_BYTES;
  }

  /** Up to where memory may be filled. */
  #fillLimit(): number {
    return this.#joined ? this.#first - this.#beforeJoined() + MAX_MANY_BYTES : this.#memory.length;
  }

  /** Makes one frame of all since `#first`. Returns where it starts. */
  #close(): number {
    const head = this.#joining?.head(this.#count) ?? NO_MEMORY;
    const at = this.#first - head.length;
    this.#memory.set(head, at);
    this.#header.write(this.#memory, at - this.#header.bytes, this.#end - at);
    return at - this.#header.bytes;
  }
}

const NO_MEMORY = Buffer.alloc(0);

function copy({ memory, start, end }: LentFrame, to: Uint8Array, at: number): void {
  if (end - start > SHORT_FRAME_BYTES) {
    to.set(memory.subarray(start, end), at);
    return;
  }
  for (let byte = start; byte < end; byte += 1) to[at + byte - start] = memory[byte] as number;
}
