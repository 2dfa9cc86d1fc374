import { IpcError, quoted, reasonOf } from '../errors.js';
import type { Frame } from './framing.js';

/** A frame of a codec that needs bytes. Throws `ERR_DECODE` for text. */
export function bytesOf(frame: Frame, codec: string): Uint8Array {
  if (typeof frame !== 'string') return frame;
  throw new IpcError(
    'ERR_DECODE',
    `The framing gave ${codec}() text where it needs bytes. Leave the framing to the codec, or take a binary one.`,
  );
}

/** What a packer threw at a message. */
export function notPackable(format: string, cause: unknown): IpcError {
  return new IpcError(
    'ERR_ENCODE',
    `The message cannot be written as ${format}: ${reasonOf(cause)}. Send a plain copy of what is needed.`,
    { cause },
  );
}

/** What an unpacker threw at a frame. Not as the cause: its text may be as long as the frame, and the stranger's. */
export function notReadable(format: string, codec: string, bytes: number, thrown: unknown): IpcError {
  return new IpcError(
    'ERR_DECODE',
    `The peer sent a frame of ${bytes} bytes that is not ${format}: ${quoted(reasonOf(thrown))}. ` +
      `Check that both ends use ${codec}() with the same options.`,
  );
}
