import { isUtf8 } from 'node:buffer';
import { IpcError } from '../errors.js';
import type { Frame } from './framing.js';

/** The same memory, with a Buffer's methods. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A frame as text. */
export function textOf(frame: Frame): string {
  return typeof frame === 'string' ? frame : asBuffer(frame).toString('utf8');
}

/** A frame as text that is the same again once it was written as UTF-8. Throws `ERR_ENCODE` for any other. */
export function sendableText(frame: Frame, framing: string): string {
  if (typeof frame === 'string' ? frame.isWellFormed() : isUtf8(frame)) return textOf(frame);
  throw new IpcError(
    'ERR_ENCODE',
    `The codec produced a frame that is not valid Unicode text, which ${framing} would change. ` +
      'Escape such characters in the codec, or give the channel a binary framing.',
  );
}
