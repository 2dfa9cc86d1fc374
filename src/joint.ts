/** How texts that wait for the same write are put together: each a frame of its own, or many in one frame. */
export interface Joint {
  /** Stands between two texts. */
  readonly between: string;
  /** A write closes when its text has this many characters, if it is not full before. */
  readonly maxLength: number;
  /** What is written of `texts`, which are `count` texts with `between` between them. */
  close(texts: string, count: number): string;
}
