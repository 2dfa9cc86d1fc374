/**
 * glibc gives what is freed at the end of its heap back to the system, and the system zeroes it, page by page, for whoever
 * takes it next: for 64 KB that costs as much as reading them. How much it keeps instead follows from the largest piece that
 * was ever mapped and freed (mallopt(3), M_TRIM_THRESHOLD): twice as much as this.
 */
const LESSON_BYTES = 8 * 1024 * 1024;

let taught = false;

/** Memory of its own for a long frame. */
export function longMemory(bytes: number): Buffer {
  if (!taught) {
    taught = true;
    Buffer.allocUnsafeSlow(LESSON_BYTES); // nobody touches it, so it takes no memory, and nobody keeps it
  }
  return Buffer.allocUnsafeSlow(bytes);
}
