import { IpcError, reasonOf } from '../errors.js';
import { quoted } from './frame-text.js';
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

/** What an unpacker threw at a frame. */
export function notReadable(format: string, codec: string, bytes: number, cause: unknown): IpcError {
  return new IpcError(
    'ERR_DECODE',
    `The peer sent a frame of ${bytes} bytes that is not ${format}: ${quoted(reasonOf(cause))}. ` +
      `Check that both ends use ${codec}() with the same options.`,
    { cause },
  );
}
