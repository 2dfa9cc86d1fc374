const SMALLEST = 4 * 1024;
const SMALLEST_SPARE = 16 * 1024;
const LARGEST_SPARE = 1024 * 1024;

/** By the logarithm of its size, the piece that was last done with: less than 2 MiB for the whole process. */
const spares: (Buffer | undefined)[] = [];

/**
 * Memory for at least so many bytes, with whatever its last user left in it.
 *
 * The system zeroes fresh memory page by page as it is first written to, which takes ten times as long as copying into it.
 * So a piece that somebody grew out of, or is done with, goes to the next in the process that grows. Small ones the
 * allocator has at hand.
 */
export function takePiece(bytes: number): Buffer {
  if (bytes > LARGEST_SPARE) return Buffer.allocUnsafeSlow(bytes);
  const log = 32 - Math.clz32(Math.max(bytes, SMALLEST) - 1);
  const piece = spares[log] ?? Buffer.allocUnsafeSlow(2 ** log);
  spares[log] = undefined;
  return piece;
}

/** Whoever gives a piece back has no view of it any more. */
export function giveBack(piece: Buffer): void {
  if (piece.length >= SMALLEST_SPARE && piece.length <= LARGEST_SPARE)
    spares[31 - Math.clz32(piece.length)] = piece;
}
