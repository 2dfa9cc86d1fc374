import { writeSync } from 'node:fs';

/**
 * Writes everything to a non-blocking descriptor, a step for each time that its reader has no room. For the last moments of
 * a process, when the event loop no longer turns. Returns false if the reader is gone.
 */
export function* writeInSteps(fd: number, bytes: Uint8Array): Generator<undefined, boolean> {
  let written = 0;
  while (written < bytes.length) {
    const taken = writeSome(fd, bytes.subarray(written));
    if (taken === undefined) return false;
    written += taken;
    if (taken === 0) yield;
  }
  return true;
}

/** How many bytes the kernel took: 0 when it has no room now, undefined when it never will have. */
export function writeSome(fd: number, data: string | Uint8Array): number | undefined {
  const { stackTraceLimit } = Error;
  // A kernel without room throws, many thousand times a second in a flood, and nobody reads where from.
  Reflect.set(Error, 'stackTraceLimit', 0); // not by =, which throws with --frozen-intrinsics
  try {
    return typeof data === 'string' ? writeSync(fd, data) : writeSync(fd, data);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : undefined;
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}
