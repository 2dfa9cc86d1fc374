import type { Joint, Piece } from '../joint.js';
import { type Batch, OpenBatch, type Settle } from './open-batch.js';

/** What one frame weighs beyond its bytes, so that a million tiny messages cannot stay below a mark. */
export const FRAME_CHARGE_BYTES = 32;

/** A piece of half a batch gains less from company than joining them in memory costs. */
const LARGE_SHARE = 2;

/**
 * The one queue between `send` and the kernel. A data structure: no I/O, no timers.
 *
 * Frames collect in an open batch. A batch that has reached `maxBatchBytes` is sealed: turned into bytes, exactly
 * counted, ready to be written as it is.
 */
export class WriteQueue {
  readonly #maxBatchBytes: number;
  readonly #open = new OpenBatch();
  #sealed: (Batch | undefined)[] = [];
  #next = 0; // index in #sealed of the oldest batch: shifting a long array is linear in its length
  #sealedBytes = 0;
  #sealedFrames = 0;

  constructor(maxBatchBytes: number) {
    this.#maxBatchBytes = maxBatchBytes;
  }

  /** Read once for each batch. Default: none, and nothing is timed. */
  set clock(clock: () => number) {
    this.#open.clock = clock;
  }

  /** How what is pushed is put together from now on. What waits already stays as it is. */
  set joint(joint: Joint) {
    this.#open.joint = joint;
  }

  /** Bytes waiting: exact, but for the heads of what is in the pack. */
  get bytes(): number {
    return this.#sealedBytes + this.#open.bytes;
  }

  /** What the marks are compared with: bytes, plus a charge per frame. */
  get weight(): number {
    const frames = this.#sealedFrames + this.#open.frames;
    return this.#sealedBytes + this.#open.size + frames * FRAME_CHARGE_BYTES;
  }

  /** Whether there is nothing to write. */
  get empty(): boolean {
    return this.#open.frames === 0 && !this.full;
  }

  /** Whether a whole batch stands ready, so that waiting for more would gain nothing. */
  get full(): boolean {
    return this.#next < this.#sealed.length;
  }

  /** Adds `frames` frames that were joined into one piece. */
  push(piece: Piece, frames: number, settle?: Settle): void {
    if (typeof piece !== 'object' || 'chars' in piece) {
      this.#open.addJoined(piece, frames, settle);
      if (this.#isOpenFull()) this.#seal();
    } else if (piece instanceof Uint8Array) {
      this.#pushPart(piece, frames, settle);
    } else {
      this.#pushTexts(piece.texts, frames, settle);
    }
  }

  /** Takes the oldest batch, sealed or not. */
  shift(): Batch | undefined {
    const batch = this.#sealed[this.#next];
    if (batch === undefined) return this.#open.take();
    this.#sealedBytes -= batch.bytes;
    this.#sealedFrames -= batch.frames;
    this.#sealed[this.#next] = undefined; // taken: its bytes must not stay in memory until the array is cut
    this.#next += 1;
    this.#forgetTaken();
    return batch;
  }

  /** What `shift` returned has been written: its memory is free. */
  release(batch: Batch): void {
    this.#open.release(batch);
  }

  /** Which frames are in which text nobody needs to know: who waits for them waits for the last text. */
  #pushTexts(texts: readonly string[], frames: number, settle: Settle | undefined): void {
    const last = texts.length - 1;
    texts.forEach((text, at) => {
      if (at < last) this.#pushPart(text, 1);
      else this.#pushPart(text, frames - last, settle);
    });
  }

  #pushPart(part: string | Uint8Array, frames: number, settle?: Settle): void {
    const large = part.length * LARGE_SHARE >= this.#maxBatchBytes;
    if (large) this.#seal();
    this.#open.addPart(part, large, frames, settle);
    if (large || this.#isOpenFull()) this.#seal();
  }

  // No getter: to V8 a private one is a call into its runtime.
  #isOpenFull(): boolean {
    return this.#open.size >= this.#maxBatchBytes || this.#open.jointFull;
  }

  #seal(): void {
    const batch = this.#open.take();
    if (batch === undefined) return;
    this.#sealed.push(batch);
    this.#sealedBytes += batch.bytes;
    this.#sealedFrames += batch.frames;
  }

  #forgetTaken(): void {
    if (this.#next < this.#sealed.length && this.#next < 1024) return;
    this.#sealed = this.#sealed.slice(this.#next);
    this.#next = 0;
  }
}
