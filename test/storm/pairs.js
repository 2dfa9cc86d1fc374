// @ts-check
// Every built-in framing and codec, by name.
import * as deka from 'deka-ipc';
import { cbor } from 'deka-ipc/cbor';
import { msgpack } from 'deka-ipc/msgpack';

/** @type {Record<string, () => deka.Framing>} */
export const framings = {
  lines: () => deka.lines(),
  'length, 4 bytes': () => deka.lengthPrefixed(),
  'length, 2 little-endian': () => deka.lengthPrefixed({ bytes: 2, endian: 'little' }),
  'length, 1 with itself': () => deka.lengthPrefixed({ bytes: 1, includesItself: true }),
  'content length': () => deka.contentLength(),
};

/** @type {Record<string, () => deka.Codec>} */
export const codecs = {
  json: () => deka.json(),
  v8: () => deka.v8(),
  msgpack: () => msgpack(),
  cbor: () => cbor(),
};

/** A text framing gives text, which v8() cannot read: every frame is an ERR_DECODE, which is worth a look, too. */
export const pairs = Object.keys(framings).flatMap(framing =>
  Object.keys(codecs).map(codec => ({ framing, codec })),
);

/**
 * Messages as they stand on the wire, those that the pair can carry.
 * @param {deka.Framing} framing @param {deka.Codec} codec @param {readonly unknown[]} messages
 */
export function wireOf(framing, codec, messages) {
  const coder = codec.create();
  return Buffer.concat(
    messages.flatMap(message => {
      try {
        return [Buffer.from(framing.join(coder.encode(message)))];
      } catch {
        return []; // too long for a length of one byte, or bytes in lines
      }
    }),
  );
}
