import type { addExtension, Decoder, Encoder } from 'cbor-x';
import type { Codec } from './codec.js';
import { bare } from './envelope.js';
import type { Frame } from './framing.js';
import { lengthPrefixed } from './length-prefixed.js';
import { optionalPackage } from './optional-package.js';
import { bytesOf, notPackable, notReadable } from './packed.js';

interface CborX {
  readonly Encoder: typeof Encoder;
  readonly Decoder: typeof Decoder;
  readonly addExtension: typeof addExtension;
}

const OPTIONS = { useRecords: false, mapsAsObjects: true, variableMapSize: true, copyBuffers: true } as const;

/**
 * CBOR (RFC 8949) in {@link lengthPrefixed} frames, by the package `cbor-x`, which has to be installed beside this one. For
 * peers in other languages: frames are plain CBOR, one data item each, and no frame refers to another.
 *
 * Carries what JSON does not: `undefined`, bigints, `NaN`, dates, Maps, Sets, Buffers. `send` throws `ERR_ENCODE` for
 * what it cannot write: a function, a symbol, a circular object. A frame that is not CBOR is an `ERR_DECODE` on
 * `failures$`. The key `__proto__` arrives as `__proto_`.
 *
 * @throws `ERR_MISSING_PACKAGE` if `cbor-x` cannot be loaded.
 * @example
 * import { cbor } from 'deka-ipc/cbor';
 * const [a, b] = pair({ codec: cbor() });
 */
export function cbor<Out = unknown, In = unknown>(): Codec<Out, In> {
  const { Encoder, Decoder, addExtension } = optionalPackage<CborX>('cbor-x', 'cbor()');
  // cbor-x reads a bigint byte by byte, which is quadratic: 256 KiB keep a process for a minute.
  for (const extension of BIGINTS) addExtension(extension as Parameters<typeof addExtension>[0]);
  return { name: 'cbor', framing: lengthPrefixed(), envelope: bare(), create };

  function create() {
    const encoder = new Encoder(OPTIONS);
    const decoder = new Decoder(OPTIONS);
    return { encode, decode };

    function encode(message: Out): Uint8Array {
      try {
        return encoder.encode(message);
      } catch (cause) {
        throw notPackable('CBOR', cause);
      }
    }

    function decode(frame: Frame): In {
      const bytes = bytesOf(frame, 'cbor');
      try {
        return decoder.decode(bytes) as In;
      } catch (cause) {
        throw notReadable('CBOR', 'cbor', bytes.byteLength, cause);
      }
    }
  }
}

/** RFC 8949, section 3.4.3. For every user of cbor-x in the process: it reads the same, in less time. */
const BIGINTS: readonly object[] = [
  { tag: 2, decode: bigintOf },
  { tag: 3, decode: (bytes: Uint8Array) => -1n - bigintOf(bytes) },
];

function bigintOf(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
}
