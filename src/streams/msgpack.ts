import type { Codec, Coder } from './codec.js';
import { bare } from './envelope.js';
import { lengthPrefixed } from './length-prefixed.js';
import { type Msgpackr, OPTIONS, packed, RecordCoder, unpacked } from './msgpack-records.js';
import { optionalPackage } from './optional-package.js';
import { bytesOf } from './packed.js';

/** Options of {@link msgpack}. */
export interface MsgpackOptions {
  /**
   * Whether the names of an object's properties are sent once and referred to afterwards, and `sendMany` packs many
   * messages into one frame. Default true. False for peers that know nothing but MessagePack: plain maps, one message a
   * frame, and a Map arrives as an object.
   */
  readonly records?: boolean;
}

/**
 * MessagePack in {@link lengthPrefixed} frames, by the package `msgpackr`, which has to be installed beside this one. The
 * fastest codec, and the smallest on the wire: the names of an object's properties go over it once, and `sendMany` packs
 * many messages into one frame.
 *
 * Carries what JSON does not: `undefined`, bigints, `NaN`, dates, Maps, Sets, errors, regular expressions, typed
 * arrays, Buffers. `send` throws `ERR_ENCODE` for what it cannot write: a function, a symbol, a circular object. A frame
 * that is not MessagePack is an `ERR_DECODE` on `failures$`. The key `__proto__` arrives as `__proto_`.
 *
 * Names that were sent are remembered for the last 64 kinds of objects, of frames of at most 64 KiB. When a frame is lost
 * (over `maxFrameBytes`), those after it that refer to it are an `ERR_DECODE` each, never read as something else, until
 * the sender begins anew, which it does every 8 192 frames.
 *
 * @throws `ERR_MISSING_PACKAGE` if `msgpackr` cannot be loaded.
 * @example
 * import { msgpack } from 'deka-ipc/msgpack';
 * const [a, b] = pair({ codec: msgpack() });
 */
export function msgpack<Out = unknown, In = unknown>({
  records = true,
}: MsgpackOptions = {}): Codec<Out, In> {
  const library = optionalPackage<Msgpackr>('msgpackr', 'msgpack()');
  const create = () => (records ? new RecordCoder<Out, In>(library) : plainCoder<Out, In>(library));
  return { name: 'msgpack', framing: lengthPrefixed(), envelope: bare(), create };
}

function plainCoder<Out, In>({ Packr }: Msgpackr): Coder<Out, In> {
  const packr = new Packr({ ...OPTIONS, useRecords: false, variableMapSize: true });
  return {
    encode: message => packed(packr, message, 0),
    decode: frame => unpacked(packr, bytesOf(frame, 'msgpack'), 0) as In,
  };
}
