import type { Readable } from 'node:stream';
import { plainHandle } from './plain-handle.js';
import { readNow } from './read-now.js';

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
