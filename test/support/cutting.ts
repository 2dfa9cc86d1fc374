import fc from 'fast-check';

/** Where to cut: the sizes of the first chunks. */
export const sizes = fc.array(fc.nat({ max: 12 }), { maxLength: 60 });

/** Chunks of these sizes, then the rest in one. */
export function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let start = 0;
  for (const size of at) {
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return [...chunks, bytes.subarray(start)];
}

export function byteByByte(bytes: Buffer): Buffer[] {
  return cut(bytes, Array<number>(bytes.length).fill(1));
}
