import type { Pack } from '../joint.js';
import type { LentFrame } from './codec.js';
import type { FrameHeader } from './framing.js';
import { type JoiningOutbound, MAX_MANY_BYTES, packingEncoder, type Stages, together } from './outbound.js';

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
  const joins = joining !== undefined;
  const block = new Block(header, joins ? count => joining.head(count) : undefined);
  const pack = packingEncoder(stages);
  return { joint: block, encode: joins ? encodeJoined : encodeEach, encodeMany, unsent };

  function encodeJoined(message: Out): Uint8Array | number {
    const wrapped = envelope.wrap(message) as Out;
    const lent = joining?.encode(wrapped);
    if (lent === undefined) return framing.join(coder.encode(wrapped)) as Uint8Array;
    return block.add(lent) ?? (framing.join(lent.memory.subarray(lent.start, lent.end)) as Uint8Array);
  }

  function encodeEach(message: Out): Uint8Array | number {
    const frame = coder.encode(envelope.wrap(message) as Out);
    if (typeof frame === 'string') return framing.join(frame) as Uint8Array;
    return block.add({ memory: frame, start: 0, end: frame.length }) ?? (framing.join(frame) as Uint8Array);
  }

  function encodeMany(messages: readonly Out[]): Uint8Array | number {
    const frames = pack?.(messages) ?? messages.map(message => coder.encode(envelope.wrap(message) as Out));
    const [first] = frames;
    if (frames.length === 1 && first instanceof Uint8Array) {
      const size = block.addWhole(first);
      if (size !== undefined) return size;
    }
    return together(
      framing,
      frames.map(frame => framing.join(frame)),
    ) as Uint8Array;
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
 * each    | taken before | header | frame | header | frame | … | room |
 *                        ^ #first                              ^ #end
 * ```
 * A frame that is whole already is as one of `each`; nothing is joined behind it.
 */
class Block implements Pack {
  readonly #header: FrameHeader;
  readonly #head: ((count: number) => Uint8Array) | undefined;
  readonly #before: number; // room before the first message
  readonly #each: number; // bytes before each
  readonly #longest: number;
  #memory = NO_MEMORY;
  #first = 0;
  #end = 0;
  #count = 0;
  #whole = false;
  #taken = NO_MEMORY;

  constructor(header: FrameHeader, head: ((count: number) => Uint8Array) | undefined) {
    this.#header = header;
    this.#head = head;
    const joins = head !== undefined;
    this.#before = joins ? header.bytes + MAX_HEAD_BYTES : 0;
    this.#each = joins ? 0 : header.bytes;
    this.#longest = joins ? MAX_JOINED_BYTES : MAX_MANY_BYTES;
  }

  get full(): boolean {
    return this.#count > 0 && this.#end - this.#first >= FULL_BYTES;
  }

  /** By how many bytes a frame made the next take longer. Undefined if there is no room for it: it goes by itself. */
  add(frame: LentFrame): number | undefined {
    const length = frame.end - frame.start;
    const size = this.#each + length;
    if (this.#whole || length > this.#longest) return undefined;
    if (this.#count === 0) this.#begin(this.#before, this.#before + size);
    if (this.#end + size > this.#limit) return undefined;
    if (this.#each > 0) this.#header.write(this.#memory, this.#end, length);
    copy(frame, this.#memory, this.#end + this.#each);
    this.#end += size;
    this.#count += 1;
    return size;
  }

  /** As `add`, for a frame that is not to be joined with others, though these are. */
  addWhole(frame: Uint8Array): number | undefined {
    if (this.#head === undefined) return this.add({ memory: frame, start: 0, end: frame.length });
    const size = this.#header.bytes + frame.length;
    if (frame.length > MAX_MANY_BYTES || (this.#count > 0 && !this.#whole)) return undefined;
    if (this.#count === 0) this.#begin(0, size);
    if (this.#end + size > this.#memory.length) return undefined;
    this.#header.write(this.#memory, this.#end, frame.length);
    this.#memory.set(frame, this.#end + this.#header.bytes);
    this.#whole = true;
    this.#end += size;
    this.#count += 1;
    return size;
  }

  /** The frame that was added last is not to be sent after all. */
  drop(bytes: number): void {
    this.#end -= bytes;
    this.#count -= 1;
    if (this.#count === 0) this.#whole = false;
  }

  take(): Uint8Array {
    const joined = this.#head !== undefined && !this.#whole;
    const start = joined ? this.#close(this.#head?.(this.#count) ?? NO_MEMORY) : this.#first;
    this.#count = 0;
    this.#whole = false;
    this.#taken = this.#memory.subarray(start, this.#end);
    return this.#taken;
  }

  release(taken: unknown): void {
    // Those that were taken before it have been written before it.
    if (taken === this.#taken && this.#count === 0) this.#end = 0;
  }

  /** Up to where memory may be filled. */
  get #limit(): number {
    return this.#head === undefined ? this.#memory.length : this.#first - this.#before + MAX_MANY_BYTES;
  }

  /** Makes one frame of all since `#first`. Returns where it starts. */
  #close(head: Uint8Array): number {
    const at = this.#first - head.length;
    this.#memory.set(head, at);
    this.#header.write(this.#memory, at - this.#header.bytes, this.#end - at);
    return at - this.#header.bytes;
  }

  #begin(before: number, size: number): void {
    if (this.#memory.length - this.#end < Math.max(size, MAX_MANY_BYTES)) {
      // Not from Node's pool: a batch that waits would keep what others have there.
      this.#memory = Buffer.allocUnsafeSlow(MEMORY_BYTES);
      this.#end = 0;
    }
    this.#first = this.#end + before;
    this.#end = this.#first;
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
