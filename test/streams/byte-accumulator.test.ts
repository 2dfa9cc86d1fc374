import { afterEach, describe, expect, it, vi } from 'vitest';
import { ByteAccumulator } from '../../src/streams/byte-accumulator.js';

const KIB = 1024;
const MIB = 1024 * 1024;

afterEach(() => {
  vi.restoreAllMocks();
});

function holding(...pieces: readonly string[]): ByteAccumulator {
  const bytes = new ByteAccumulator();
  for (const piece of pieces) bytes.append(Buffer.from(piece));
  return bytes;
}

/** As long as the pieces of memory that go from one to the next. */
function long(start: string): ByteAccumulator {
  return holding(start.padEnd(64 * KIB, ' '));
}

function startOf(bytes: ByteAccumulator): string {
  return bytes.take().toString().trimEnd();
}

describe('ByteAccumulator', () => {
  it('is empty at first', () => {
    const bytes = new ByteAccumulator();

    expect(bytes.length).toBe(0);
    expect(bytes.take()).toHaveLength(0);
  });

  it('gives back what was appended, in order', () => {
    const bytes = holding('one ', 'two ', 'three');

    expect(bytes.length).toBe(13);
    expect(bytes.take().toString()).toBe('one two three');
  });

  it('is empty after take', () => {
    const bytes = holding('old');
    bytes.take();

    expect(bytes.length).toBe(0);
    bytes.append(Buffer.from('new'));
    expect(bytes.take().toString()).toBe('new');
  });

  it('is empty after clear', () => {
    const bytes = holding('old');
    bytes.clear();

    expect(bytes.length).toBe(0);
    expect(bytes.take()).toHaveLength(0);
  });

  it('keeps what it has when it grows', () => {
    const head = Buffer.alloc(5000, 'a');
    const rest = Buffer.alloc(90_000, 'b');
    const bytes = new ByteAccumulator();
    bytes.append(head);
    bytes.append(rest);

    expect(bytes.take().equals(Buffer.concat([head, rest]))).toBe(true);
  });

  it('copies, so that the caller may use the chunk again', () => {
    const bytes = new ByteAccumulator();
    const chunk = Buffer.from('kept');
    bytes.append(chunk);
    chunk.fill('x');

    expect(bytes.take().toString()).toBe('kept');
  });

  it('takes only the part that a view shows', () => {
    const bytes = new ByteAccumulator();
    bytes.append(new Uint8Array(Buffer.from('..part..')).subarray(2, 6));

    expect(bytes.take().toString()).toBe('part');
  });

  it('fills the same memory again when that is small', () => {
    const bytes = holding('first');
    const first = bytes.take().buffer;
    bytes.append(Buffer.from('second'));

    expect(bytes.take().buffer === first).toBe(true);
  });

  it('keeps a mebibyte for the next frame', () => {
    const bytes = new ByteAccumulator();
    bytes.append(Buffer.alloc(MIB));
    const first = bytes.take().buffer;
    bytes.append(Buffer.from('next'));

    expect(bytes.take().buffer === first).toBe(true);
  });

  it('lets go of more than a mebibyte when it is taken', () => {
    const bytes = new ByteAccumulator();
    bytes.append(Buffer.alloc(MIB + 1));
    bytes.take();
    bytes.append(Buffer.from('next'));

    expect(bytes.take().buffer.byteLength).toBeLessThan(MIB);
  });

  it('lets go of more than a mebibyte when it is cleared', () => {
    const bytes = new ByteAccumulator();
    bytes.append(Buffer.alloc(MIB + 1));
    bytes.clear();
    bytes.append(Buffer.from('next'));

    expect(bytes.take().buffer.byteLength).toBeLessThan(MIB);
  });

  it('leaves the memory it grew out of, and the one it was cleared of, to the next', () => {
    const grown = new ByteAccumulator();
    for (let sent = 0; sent < 4; sent += 1) grown.append(Buffer.alloc(16 * KIB));
    grown.clear();
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const next = new ByteAccumulator();
    for (let sent = 0; sent < 4; sent += 1) next.append(Buffer.alloc(16 * KIB));

    expect(next.length).toBe(64 * KIB);
    expect(allocate).not.toHaveBeenCalled();
  });

  it('shares no memory with another that holds bytes', () => {
    long('left to the others').clear();
    const [one, other] = [long('one'), long('other')];

    expect(startOf(one)).toBe('one');
    expect(startOf(other)).toBe('other');
  });

  it('leaves what was taken where it is while others come and go', () => {
    const taken = long('taken').take();
    for (const other of ['some', 'thing', 'else']) long(other).clear();

    expect(taken.toString('latin1', 0, 5)).toBe('taken');
  });

  it('has nothing more to leave once it was cleared', () => {
    const cleared = long('cleared');
    cleared.clear();
    const next = long('next');
    cleared.clear();
    long('after it');

    expect(startOf(next)).toBe('next');
  });

  it('needs at most two bytes of memory for each byte of a peer that sends byte by byte', () => {
    const bytes = new ByteAccumulator();
    for (let sent = 0; sent < 100_000; sent += 1) bytes.append(Buffer.of(1));

    expect(bytes.take().buffer.byteLength).toBeLessThanOrEqual(200_000);
  });

  it('grows a handful of times, not once per append', () => {
    const grow = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const bytes = new ByteAccumulator();
    for (let sent = 0; sent < MIB; sent += 256) bytes.append(Buffer.alloc(256));

    expect(bytes.length).toBe(MIB);
    expect(grow.mock.calls.length).toBeLessThanOrEqual(9); // 4 KiB doubled 8 times
  });
});
