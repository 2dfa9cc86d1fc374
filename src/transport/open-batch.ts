import type { Joint, Kept, Pack, TextJoint } from '../joint.js';
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

// Text below this is written as it is: Node then encodes it on the stack, which saves a round trip of one message 1 µs.
const SHORT_TEXT = 8 * 1024;

const NO_SETTLES: readonly Settle[] = [];

/** Texts that are frames as they stand. */
const WHOLE_FRAMES: TextJoint = {
  maxLength: Number.POSITIVE_INFINITY,
  kept: 0,
  first: whole,
  next: whole,
  encodeKept: () => '',
  close: text => text,
  taken: () => {},
};

/**
 * What collects for the next write. Text is held as one growing string, for a string costs less per message than a write
 * into memory does; its characters stand for its bytes until it leaves, because measuring each message would cost a sixth
 * of the throughput.
 */
export class OpenBatch {
  #joint = WHOLE_FRAMES;
  #text = '';
  #textFrames = 0;
  #textSize = 0; // with what the joint keeps
  #pack: Pack | undefined;
  #packedBytes = 0;
  #parts: Uint8Array[] = [];
  readonly #memory = new TextMemory();
  #size = 0;
  #frames = 0;
  #settles: Settle[] = [];
  #since: number | undefined;

  /** Read once for each batch. Default: none, and nothing is timed. */
  clock: (() => number) | undefined;

  /** How what is added is put together from now on. What is in it already stays as it is. */
  set joint(joint: Joint) {
    this.#joinedToPart();
    if ('take' in joint) this.#pack = joint;
    else this.#joint = joint;
  }

  /** In bytes, and in characters what is text. */
  get size(): number {
    return this.#size;
  }

  /** Exact, but for the heads of what is in the pack. What the joint keeps is encoded for it, once. */
  get bytes(): number {
    const closed = this.#closedText();
    return this.#size - this.#textSize + Buffer.byteLength(closed);
  }

  get frames(): number {
    return this.#frames;
  }

  /** Whether the joint has no room for more. */
  get jointFull(): boolean {
    return this.#pack === undefined ? this.#textSize >= this.#joint.maxLength : this.#pack.full;
  }

  /** Adds text for the joint, or counts the bytes that were put into the pack. */
  addJoined(piece: string | Kept | number, frames: number, settle: Settle | undefined): void {
    this.#add(frames, settle);
    if (typeof piece === 'number') {
      this.#packedBytes += piece;
      this.#size += piece;
    } else {
      this.#addText(piece, frames);
    }
  }

  /**
   * Adds what is no matter of the joint. A framing may join some frames as text and some as bytes; they leave in the order
   * they came.
   * @param alone nothing else will be in this batch.
   */
  addPart(part: string | Uint8Array, alone: boolean, frames: number, settle: Settle | undefined): void {
    this.#add(frames, settle);
    this.#joinedToPart();
    const bytes = typeof part === 'string' ? this.#encoded(part, alone) : part;
    this.#parts.push(bytes);
    this.#size += bytes.byteLength;
  }

  /** All that is in it. Leaves it empty. */
  take(): Batch | undefined {
    const frames = this.#frames;
    if (frames === 0) return undefined;
    const data = this.#data();
    const bytes = typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength;
    const settles = this.#settles;
    this.#forgetText();
    if (this.#parts.length > 0) this.#parts = [];
    if (settles.length > 0) this.#settles = [];
    this.#size = 0;
    this.#frames = 0;
    const pushedAt = this.#since;
    return { data, bytes, frames, settles: settles.length > 0 ? settles : NO_SETTLES, pushedAt };
  }

  /** What `take` returned has been written: its memory is free. */
  release({ data }: Batch): void {
    if (typeof data === 'string') return;
    this.#pack?.release(data);
    this.#memory.release(data);
  }

  #add(frames: number, settle: Settle | undefined): void {
    if (this.#frames === 0) this.#since = this.clock?.();
    this.#frames += frames;
    if (settle !== undefined) this.#settles.push(settle);
  }

  #addText(piece: string | Kept, frames: number): void {
    const joint = this.#joint;
    this.#text += this.#textFrames > 0 ? joint.next(piece, frames) : joint.first(piece, frames);
    this.#textFrames += frames;
    this.#measureText();
  }

  #measureText(): void {
    const size = this.#text.length + this.#joint.kept;
    this.#size += size - this.#textSize;
    this.#textSize = size;
  }

  /** What leaves alone gives its memory back; what is joined with others is copied once more. */
  #encoded(text: string, alone: boolean): Uint8Array {
    return alone ? this.#memory.encode(text) : encodeUtf8(text);
  }

  #joinedToPart(): void {
    if (this.#textFrames > 0) {
      const text = encodeUtf8(this.#closedText());
      this.#size += text.byteLength - this.#textSize;
      this.#parts.push(text);
      this.#forgetText();
    }
    if (this.#pack === undefined || this.#packedBytes === 0) return;
    const bytes = this.#pack.take();
    this.#size += bytes.byteLength - this.#packedBytes;
    this.#parts.push(bytes);
    this.#packedBytes = 0;
  }

  #forgetText(): void {
    this.#text = '';
    this.#textFrames = 0;
    this.#textSize = 0;
    this.#joint.taken();
  }

  #closedText(): string {
    if (this.#textFrames === 0) return '';
    if (this.#joint.kept > 0) {
      this.#text += this.#joint.encodeKept();
      this.#measureText();
    }
    return this.#joint.close(this.#text);
  }

  #data(): string | Uint8Array {
    if (this.#parts.length === 0 && this.#packedBytes === 0) {
      const text = this.#closedText();
      return text.length < SHORT_TEXT ? text : this.#memory.encode(text);
    }
    this.#joinedToPart();
    const [first] = this.#parts;
    return this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
  }
}

/** Where nothing is kept. */
function whole(piece: string | Kept): string {
  return piece as string;
}
