/** How what waits for the same write is put together: each a frame of its own, or many in one frame. */
export type Joint = TextJoint | Pack;

/** Puts texts together. */
export interface TextJoint {
  /** Stands between two texts. */
  readonly between: string;
  /** A write closes when its text has this many characters, if it is not full before. */
  readonly maxLength: number;
  /** What is written of `texts`, which are `count` texts with `between` between them. */
  close(texts: string, count: number): string;
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

/** What is queued: text for the joint, bytes that stand for themselves, or how many bytes went into the pack. */
export type Piece = string | Uint8Array | number;
