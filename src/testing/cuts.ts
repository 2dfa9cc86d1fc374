import type { Frame } from '../streams/framing.js';

/** A wire in chunks: whole, byte by byte, in pieces of a few sizes, and in two at every place of a short one. */
export function* cuts(wire: Uint8Array): Generator<Uint8Array[]> {
  for (const size of [Math.max(1, wire.length), 1, 2, 3, 7, 64, 1000]) yield pieces(wire, size);
  for (let at = 1; at < Math.min(wire.length, 200); at += 1) yield [wire.subarray(0, at), wire.subarray(at)];
}

function pieces(wire: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(wire.length / size) }, (_, n) =>
    wire.subarray(n * size, (n + 1) * size),
  );
}

/** Bytes that do not change when those they were made of do. */
export function bytesOf(frame: Frame): Buffer {
  return Buffer.from(frame as Uint8Array);
}

/** Bytes by chance, the same ones each time: a linear congruential generator (Knuth, MMIX). */
export function noise(length: number, seed: number): Buffer {
  let state = BigInt(seed);
  return Buffer.from(
    Array.from({ length }, () => {
      state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
      return Number(state >> 56n);
    }),
  );
}
