import { readSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

const READ_BYTES = 64 * 1024;

/**
 * What a dead peer left behind: the stream's own buffer, then what the kernel holds for its descriptor. Finite, for
 * nobody adds to it any more. Nobody may be listening for 'data': some versions of Node emit it here, some do not. The
 * descriptor is Node's private `_handle.fd`; where there is none (another runtime, a
 * stream that is no socket), the kernel's part is given up.
 */
export function* unreadOf(readable: Readable): Generator<Uint8Array> {
  readable.pause();
  for (let chunk = readable.read(); chunk !== null; chunk = readable.read()) yield Buffer.from(chunk);
  const fd = plainDescriptor(readable);
  if (fd === undefined) return;
  for (let chunk = readNow(fd); chunk !== undefined; chunk = readNow(fd)) yield chunk;
}

/** Of a socket and nothing derived from it: what lies at the descriptor of a TLS socket is not what it reads. */
function plainDescriptor(readable: Readable): number | undefined {
  if (Object.getPrototypeOf(readable) !== Socket.prototype) return undefined;
  const fd = (readable as { _handle?: { fd?: number } })._handle?.fd;
  return fd === undefined || fd < 0 ? undefined : fd;
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
