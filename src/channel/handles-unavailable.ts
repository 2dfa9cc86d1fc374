import { IpcError } from '../errors.js';

/** A handle was given to a channel without a lane. Nothing was sent. */
export function handlesUnavailable(): IpcError {
  return new IpcError(
    'ERR_HANDLES_UNAVAILABLE',
    'This channel carries no sockets and servers. Start a child on Node with fork() or spawn() and { handles: true }, or ' +
      "with fork() of 'deka-ipc/child_process'; on every other channel send an address to connect to.",
  );
}
