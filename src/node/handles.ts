import type { Channel, SendCallback } from '../channel/channel.js';
import { IpcError } from '../errors.js';
import type { Handle, SendHandleOptions } from '../transport/handle.js';
import { channelClosedError, invalidHandleError } from './node-errors.js';

/** A message that waits for its tick together with its handle. */
export class WithHandle {
  readonly message: unknown;
  readonly handle: Handle;

  constructor(message: unknown, handle: Handle) {
    this.message = message;
    this.handle = handle;
  }
}

/** `send` with a handle, with Node's errors. */
export function sendHandle(
  channel: Channel,
  message: unknown,
  handle: unknown,
  options: unknown,
  callback: SendCallback | undefined,
): boolean {
  try {
    return channel.send(message, handle as Handle, { ...(options as SendHandleOptions) }, error =>
      callback?.(error && nodeError(channel, error)),
    );
  } catch (thrown) {
    throw isCoded(thrown, 'ERR_INVALID_HANDLE_TYPE') ? invalidHandleError() : thrown;
  }
}

function nodeError(channel: Channel, error: Error): Error {
  // On a channel that goes on, only the handle was not delivered, and the error says what has become of it.
  return channel.connected && isCoded(error, 'ERR_HANDLE_UNDELIVERED') ? error : channelClosedError();
}

function isCoded(thrown: unknown, code: string): boolean {
  return thrown instanceof IpcError && thrown.code === code;
}
