import { IpcError } from '../errors.js';

/** Throws `ERR_UNSUPPORTED_PLATFORM` where Unix domain sockets cannot be had or handed down. */
export function requireUnixSockets(what: string, platform: NodeJS.Platform = process.platform): void {
  if (platform !== 'win32') return;
  throw new IpcError(
    'ERR_UNSUPPORTED_PLATFORM',
    `${what} needs Unix domain sockets, which Node does not offer on ${platform}. ` +
      'What works here: listen() and connect() over TCP, fromStreams(), stdio() and pair().',
  );
}
