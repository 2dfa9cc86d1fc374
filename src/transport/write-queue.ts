import type { Joint, Pack, Piece, TextJoint } from '../joint.js';
import { encodeUtf8, TextMemory } from './text-memory.js';

/** Called once per accepted frame: null when the kernel has it, the error when it never will. */
export type Settle = (error: Error | null) => void;

/** Frames that go to the transport in one write. */
export interface Batch {
  readonly data: string | Uint8Array;
  readonly bytes: number;
  readonly frames: number;
  readonly settles: readonly Settle[];
  /** When its oldest frame was pushed; undefined if no `clock` ran then. */
  readonly pushedAt: number | undefined;
}

/** What one frame weighs beyond its bytes, so that a million tiny messages cannot stay below a mark. */
export const FRAME_CHARGE_BYTES = 32;

/** A piece of half a batch gains less from company than joining them in memory costs. */
const LARGE_SHARE = 2;

// Text below this is written as it is: Node then encodes it on the stack, which saves a round trip of one message 1 µs.
const SHORT_TEXT = 8 * 1024;

const NO_SETTLES: readonly Settle[] = [];

/** Texts that are frames as they stand. */
const WHOLE_FRAMES: TextJoint = { between: '', maxLength: Number.POSITIVE_INFINITY, close: texts => texts };

/**
 * The one queue between `send` and the kernel. A data structure: no I/O, no timers.
 *
 * Frames collect in an open batch. A batch that has reached `maxBatchBytes` is sealed: turned into bytes, exactly
 * counted, ready to be written as it is. Text is held as one growing string until then, for a string costs less per
 * message than a write into memory does; its characters stand for its bytes until it is sealed, because measuring
 * each message would cost a sixth of the throughput.
 */
export class WriteQueue {
  readonly #maxBatchBytes: number;
  #joint = WHOLE_FRAMES;
  #text = '';
  #textFrames = 0;
  #pack: Pack | undefined;
  #packedBytes = 0;
  readonly #memory = new TextMemory();
  #parts: Uint8Array[] = [];
  #openSize = 0;
  #openFrames = 0;
  #openSettles: Settle[] = [];
  #openSince: number | undefined;
  #sealed: (Batch | undefined)[] = [];
  #next = 0; // index in #sealed of the oldest batch: shifting a long array is linear in its length
  #sealedBytes = 0;
  #sealedFrames = 0;

  /** Read once for each batch. Default: none, and nothing is timed. */
  clock: (() => number) | undefined;

  constructor(maxBatchBytes: number) {
    this.#maxBatchBytes = maxBatchBytes;
  }

  /** How what is pushed is put together from now on. What waits already stays as it is. */
  set joint(joint: Joint) {
    this.#joinedToPart();
    if ('take' in joint) this.#pack = joint;
    else this.#joint = joint;
  }

  /** Bytes waiting: exact, but for the heads of what is in the pack. */
  get bytes(): number {
    return this.#sealedBytes + this.#openSize - this.#text.length + Buffer.byteLength(this.#closedText());
  }

  /** What the marks are compared with: bytes, plus a charge per frame. */
  get weight(): number {
    const frames = this.#sealedFrames + this.#openFrames;
    return this.#sealedBytes + this.#openSize + frames * FRAME_CHARGE_BYTES;
  }

  /** Whether there is nothing to write. */
  get empty(): boolean {
    return this.#openFrames === 0 && this.#next === this.#sealed.length;
  }

  /** Whether a whole batch stands ready, so that waiting for more would gain nothing. */
  get full(): boolean {
    return this.#next < this.#sealed.length;
  }

  /** Adds `frames` frames that were joined into one piece. */
  push(piece: Piece, frames: number, settle?: Settle): void {
    if (typeof piece !== 'object') this.#pushJoined(piece, frames, settle);
    else if (piece instanceof Uint8Array) this.#pushPart(piece, frames, settle);
    else this.#pushTexts(piece.texts, frames, settle);
  }

  /** Takes the oldest batch, sealed or not. */
  shift(): Batch | undefined {
    const batch = this.#sealed[this.#next];
    if (batch === undefined) return this.#takeOpen();
    this.#sealedBytes -= batch.bytes;
    this.#sealedFrames -= batch.frames;
    this.#sealed[this.#next] = undefined; // taken: its bytes must not stay in memory until the array is cut
    this.#next += 1;
    this.#forgetTaken();
    return batch;
  }

  /** What `shift` returned has been written: its memory is free. */
  release({ data }: Batch): void {
    if (typeof data === 'string') return;
    this.#pack?.release(data);
    this.#memory.release(data);
  }

  #pushJoined(piece: string | number, frames: number, settle: Settle | undefined): void {
    this.#beforePush();
    if (typeof piece === 'string') {
      this.#pushText(piece);
      this.#textFrames += frames;
    } else {
      this.#packedBytes += piece;
      this.#openSize += piece;
    }
    this.#afterPush(frames, settle);
    if (this.#openSize >= this.#maxBatchBytes || this.#joinedFull) this.#seal();
  }

  #pushText(piece: string): void {
    if (this.#textFrames > 0) {
      const { between } = this.#joint;
      this.#text += between;
      this.#openSize += between.length;
    }
    this.#text += piece;
    this.#openSize += piece.length;
  }

  get #joinedFull(): boolean {
    return this.#pack === undefined ? this.#text.length >= this.#joint.maxLength : this.#pack.full;
  }

  /** Which frames are in which text nobody needs to know: who waits for them waits for the last text. */
  #pushTexts(texts: readonly string[], frames: number, settle: Settle | undefined): void {
    const last = texts.length - 1;
    texts.forEach((text, at) => {
      if (at < last) this.#pushPart(text, 1);
      else this.#pushPart(text, frames - last, settle);
    });
  }

  /** A framing may join some frames as text and some as bytes; they leave in the order they came. */
  #pushPart(part: string | Uint8Array, frames: number, settle?: Settle): void {
    const large = part.length * LARGE_SHARE >= this.#maxBatchBytes;
    if (large) this.#seal();
    this.#beforePush();
    this.#joinedToPart();
    const bytes = typeof part === 'string' ? this.#encoded(part, large) : part;
    this.#parts.push(bytes);
    this.#openSize += bytes.byteLength;
    this.#afterPush(frames, settle);
    if (large || this.#openSize >= this.#maxBatchBytes) this.#seal();
  }

  #beforePush(): void {
    if (this.#openFrames === 0) this.#openSince = this.clock?.();
  }

  #afterPush(frames: number, settle: Settle | undefined): void {
    this.#openFrames += frames;
    if (settle !== undefined) this.#openSettles.push(settle);
  }

  /** What leaves as it is gives its memory back; what is joined with others is copied once more. */
  #encoded(text: string, large: boolean): Uint8Array {
    return large ? this.#memory.encode(text) : encodeUtf8(text);
  }

  #joinedToPart(): void {
    if (this.#textFrames > 0) {
      const text = encodeUtf8(this.#closedText());
      this.#openSize += text.byteLength - this.#text.length;
      this.#parts.push(text);
      this.#text = '';
      this.#textFrames = 0;
    }
    if (this.#pack === undefined || this.#packedBytes === 0) return;
    const bytes = this.#pack.take();
    this.#openSize += bytes.byteLength - this.#packedBytes;
    this.#parts.push(bytes);
    this.#packedBytes = 0;
  }

  #closedText(): string {
    return this.#textFrames === 0 ? '' : this.#joint.close(this.#text, this.#textFrames);
  }

  #seal(): void {
    const batch = this.#takeOpen();
    if (batch === undefined) return;
    this.#sealed.push(batch);
    this.#sealedBytes += batch.bytes;
    this.#sealedFrames += batch.frames;
  }

  #takeOpen(): Batch | undefined {
    const frames = this.#openFrames;
    if (frames === 0) return undefined;
    const data = this.#openData();
    const bytes = typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength;
    const settles = this.#openSettles;
    this.#text = '';
    this.#textFrames = 0;
    if (this.#parts.length > 0) this.#parts = [];
    if (settles.length > 0) this.#openSettles = [];
    this.#openSize = 0;
    this.#openFrames = 0;
    const pushedAt = this.#openSince;
    return { data, bytes, frames, settles: settles.length > 0 ? settles : NO_SETTLES, pushedAt };
  }

  #openData(): string | Uint8Array {
    if (this.#parts.length === 0 && this.#packedBytes === 0) {
      const text = this.#closedText();
      return text.length < SHORT_TEXT ? text : this.#memory.encode(text);
    }
    this.#joinedToPart();
    const [first] = this.#parts;
    return this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
  }

  #forgetTaken(): void {
    if (this.#next < this.#sealed.length && this.#next < 1024) return;
    this.#sealed = this.#sealed.slice(this.#next);
    this.#next = 0;
  }
}
