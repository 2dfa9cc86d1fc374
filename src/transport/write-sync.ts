import { writeSync } from 'node:fs';

const PAUSE_MS = 2;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes everything to a non-blocking descriptor, waiting for a slow reader until `deadline` (of `performance.now()`).
 * For the last moments of a process, when the event loop no longer turns. False if the time ran out or the reader is
 * gone.
 */
export function writeAllSync(fd: number, bytes: Uint8Array, deadline: number): boolean {
  let written = 0;
  while (written < bytes.length) {
    const taken = writeSome(fd, bytes.subarray(written));
    if (taken === undefined) return false;
    written += taken;
    if (taken > 0) continue;
    if (performance.now() >= deadline) return false;
    Atomics.wait(sleeper, 0, 0, PAUSE_MS);
  }
  return true;
}

/** How many bytes the kernel took: 0 when it has no room now, undefined when it never will have. */
export function writeSome(fd: number, data: string | Uint8Array): number | undefined {
  const { stackTraceLimit } = Error;
  // A kernel without room throws, many thousand times a second in a flood, and nobody reads where from.
  Error.stackTraceLimit = 0;
  try {
    return typeof data === 'string' ? writeSync(fd, data) : writeSync(fd, data);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
