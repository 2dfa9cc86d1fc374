import { IpcError } from '../errors.js';
import { isNode } from './plain-handle.js';

/** Whether this process can make and use lanes. Bun and Deno have no such channel to borrow. */
export const hasLanes = isNode && process.platform !== 'win32';

/** Throws `ERR_UNSUPPORTED_PLATFORM` where Unix domain sockets cannot be had or handed down. */
export function requireUnixSockets(what: string, platform: NodeJS.Platform = process.platform): void {
  if (platform !== 'win32') return;
  throw new IpcError(
    'ERR_UNSUPPORTED_PLATFORM',
    `${what} needs Unix domain sockets, which Node does not offer on ${platform}. ` +
      'What works here: listen() and connect() over TCP, fromStreams(), stdio() and pair().',
  );
}
