import { readSync } from 'node:fs';

const READ_BYTES = 64 * 1024;

/** What the kernel holds for a non-blocking descriptor, in memory of its own. Undefined if that is nothing. */
export function readNow(fd: number): Uint8Array | undefined {
  const memory = Buffer.allocUnsafe(READ_BYTES);
  try {
    const length = readSync(fd, memory);
    return length === 0 ? undefined : memory.subarray(0, length);
  } catch {
    return undefined; // EAGAIN: nothing more; anything else: the link is dead, as whoever asks knows or will see
  }
}
