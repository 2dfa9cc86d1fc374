/** How what waits for the same write is put together: each a frame of its own, or many in one frame. */
export type Joint = TextJoint | Pack;

/** Puts pieces of text together, each as soon as it is encoded. */
export interface TextJoint {
  /** A write closes when its text has this many characters, if it is not full before. */
  readonly maxLength: number;
  /** About how many characters are kept, beside those of the text. */
  readonly kept: number;
  /** What begins a text with a piece of so many messages: the piece, unless it is kept, and what stands before it. */
  first(piece: string | Kept, messages: number): string;
  /** What goes on with it behind other pieces. */
  next(piece: string | Kept, messages: number): string;
  /** What goes on with a text for what was kept, which is not any longer. */
  encodeKept(): string;
  /** What is written of a text, once nothing is kept. */
  close(text: string): string;
  /** The text is on its way; the next piece begins another. */
  taken(): void;
}

/** Where messages are put as they are encoded; the queue knows only how many bytes each of them came to. */
export interface Pack {
  /** Whether the write is to close. */
  readonly full: boolean;
  /** All that was put into it since the last call, as it stands on the wire. */
  take(): Uint8Array;
  /** What `take` returned has been written: its memory is free. Not called for what was written later than at once. */
  release(taken: unknown): void;
}

/** What a joint keeps until its text is taken: it is encoded then, which costs less than to encode each piece. */
export interface Kept {
  /** About so many characters. */
  readonly chars: number;
}

/** Texts that are whole frames as they stand, where text otherwise is for the joint. Each is for a write of its own. */
export interface WholeTexts {
  readonly texts: readonly string[];
}

/** What is queued: text, or more, for the joint; what stands for itself; or how many bytes went into the pack. */
export type Piece = string | Kept | WholeTexts | Uint8Array | number;

/** In bytes, or in characters of text, which stand for its bytes until it is written. */
export function sizeOf(piece: Piece): number {
  if (typeof piece === 'number') return piece;
  if (typeof piece === 'string' || piece instanceof Uint8Array) return piece.length;
  if ('chars' in piece) return piece.chars;
  return piece.texts.reduce((sum, text) => sum + text.length, 0);
}
