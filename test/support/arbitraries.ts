import fc from 'fast-check';

/** Every kind of typed array there is. */
export const typedArray = fc.oneof<fc.Arbitrary<NodeJS.TypedArray>[]>(
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.int8Array(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);
