import { readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { plainHandle } from './plain-handle.js';

const READ_BYTES = 64 * 1024;

/**
 * What a dead peer left behind: the stream's own buffer, then what the kernel holds for its descriptor. Finite, for
 * nobody adds to it any more. Nobody may be listening for 'data': some versions of Node emit it here, some do not. Where
 * the descriptor cannot be had, the kernel's part is given up.
 */
export function* unreadOf(readable: Readable): Generator<Uint8Array> {
  readable.pause();
  for (let chunk = readable.read(); chunk !== null; chunk = readable.read()) yield Buffer.from(chunk);
  const fd = plainHandle(readable)?.fd;
  if (fd === undefined) return;
  for (let chunk = readNow(fd); chunk !== undefined; chunk = readNow(fd)) yield chunk;
}

function readNow(fd: number): Uint8Array | undefined {
  const memory = Buffer.allocUnsafe(READ_BYTES);
  try {
    const length = readSync(fd, memory);
    return length === 0 ? undefined : memory.subarray(0, length);
  } catch {
    return undefined; // EAGAIN: nothing more; anything else: the link is as dead as the write said
  }
}
