import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { bare, IpcError, lengthPrefixed } from 'deka-ipc';

/** A frame that claims to be longer than this once it is inflated is a bomb. */
const MAX_INFLATED_BYTES = 16 * 1024 * 1024;

/**
 * Any codec, compressed: what it encodes is deflated, frame by frame. Whatever else it has (packing, state) stays behind.
 *
 * @template Out, In
 * @param {import('deka-ipc').Codec<Out, In>} inner
 * @returns {import('deka-ipc').Codec<Out, In>}
 */
export function compressed(inner) {
  return {
    name: `deflated-${inner.name}`,
    framing: lengthPrefixed(),
    envelope: bare(),
    create() {
      const coder = inner.create();
      const { kind } = inner.framing;
      return {
        encode: message => deflateRawSync(coder.encode(message), { level: 1 }),
        decode: frame => coder.decode(kind === 'text' ? inflate(frame).toString() : inflate(frame)),
      };
    },
  };
}

/** @param {import('deka-ipc').Frame} frame */
function inflate(frame) {
  try {
    return inflateRawSync(/** @type {Uint8Array} */ (frame), { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (cause) {
    throw new IpcError('ERR_DECODE', 'A frame is not deflated, or too long once it is inflated.', { cause });
  }
}
