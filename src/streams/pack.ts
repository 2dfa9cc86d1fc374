import type { Pack } from '../joint.js';
import type { LentFrame } from './codec.js';
import type { FrameHeader } from './framing.js';
import { type JoiningOutbound, MAX_MANY_BYTES, outbound, type Stages } from './outbound.js';

// A longer message gains nothing from company.
const MAX_JOINED_BYTES = 8 * 1024;
// Less room than this is left unused: a write of one message each would never leave a block half empty.
const LEAST_ROOM_BYTES = 4 * 1024;
/** Longer frames are copied by a call, shorter ones byte by byte, which costs less than the call. */
const SHORT_FRAME_BYTES = 96;
/** The longest head that a codec may put before many messages. */
const MAX_HEAD_BYTES = 16;

/** Composes the way out for a codec whose frames can be joined into one. Undefined for any other, and in a framing of its own. */
export function packOutbound<Out>(stages: Stages<Out, unknown>): JoiningOutbound<Out> | undefined {
  const { coder, framing, envelope } = stages;
  const { joining } = coder;
  const { header } = framing;
  if (joining === undefined || header === undefined || header.longest < MAX_MANY_BYTES) return undefined;
  const block = new Block(count => joining.head(count), header);
  const { encodeMany } = outbound(stages);
  return { joint: block, encode, encodeMany, unsent };

  function encode(message: Out): Uint8Array | number {
    const wrapped = envelope.wrap(message) as Out;
    const lent = joining?.encode(wrapped);
    if (lent === undefined) return framing.join(coder.encode(wrapped)) as Uint8Array;
    return block.add(lent) ?? (framing.join(lent.memory.subarray(lent.start, lent.end)) as Uint8Array);
  }

  function unsent(piece?: unknown): void {
    if (typeof piece === 'number') block.drop(piece);
    coder.unsent?.();
  }
}

/**
 * Memory for the frames of one write, and of the next ones while there is room: what was taken is never written to again.
 *
 * ```
 * | taken before | room for a head | frame | frame | … | room |
 *                ^ #start          ^ #first            ^ #end
 * ```
 */
class Block implements Pack {
  readonly #head: (count: number) => Uint8Array;
  readonly #header: FrameHeader;
  readonly #headRoom: number;
  #memory = NO_MEMORY;
  #first = 0;
  #end = 0;
  #count = 0;

  constructor(head: (count: number) => Uint8Array, header: FrameHeader) {
    this.#head = head;
    this.#header = header;
    this.#headRoom = header.bytes + MAX_HEAD_BYTES;
  }

  get full(): boolean {
    return this.#count > 0 && this.#memory.length - this.#end < LEAST_ROOM_BYTES;
  }

  /** By how many bytes a frame made the next take longer. Undefined if there is no room for it. */
  add({ memory: from, start, end }: LentFrame): number | undefined {
    const length = end - start;
    if (length > MAX_JOINED_BYTES) return undefined;
    if (this.#count === 0) this.#begin();
    const at = this.#end;
    if (at + length > this.#memory.length) return undefined;
    if (length <= SHORT_FRAME_BYTES) copyShort(from, start, end, this.#memory, at);
    else this.#memory.set(from.subarray(start, end), at);
    this.#end = at + length;
    this.#count += 1;
    return length;
  }

  /** The frame that was added last is not to be sent after all. */
  drop(bytes: number): void {
    this.#end -= bytes;
    this.#count -= 1;
  }

  take(): Uint8Array {
    const head = this.#head(this.#count);
    const payload = this.#end - this.#first + head.length;
    const start = this.#first - head.length - this.#header.bytes;
    this.#header.write(this.#memory, start, payload);
    this.#memory.set(head, start + this.#header.bytes);
    this.#count = 0;
    return this.#memory.subarray(start, this.#end);
  }

  #begin(): void {
    if (this.#memory.length - this.#end < this.#headRoom + LEAST_ROOM_BYTES) {
      // Not from Node's pool: a batch that waits would keep what others have there.
      this.#memory = Buffer.allocUnsafeSlow(MAX_MANY_BYTES);
      this.#end = 0;
    }
    this.#first = this.#end + this.#headRoom;
    this.#end = this.#first;
  }
}

const NO_MEMORY = Buffer.alloc(0);

function copyShort(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  for (let byte = start; byte < end; byte += 1) to[at + byte - start] = from[byte] as number;
}
