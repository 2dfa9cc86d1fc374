import { describe, expect, it } from 'vitest';
import { Payload } from '../../src/streams/payload.js';

const KIB = 1024;

describe('a payload', () => {
  it('is what came of it, in order', () => {
    const payload = new Payload(5, 4);
    const taken = ['ab', 'c', 'de'].map(part => payload.take(Buffer.from(part), 0));
    expect([taken, payload.filled, payload.missing]).toEqual([[2, 1, 2], 5, 0]);
    expect(payload.whole().toString()).toBe('abcde');
  });

  it('takes no more of a chunk than is its own', () => {
    const payload = new Payload(3, 4);
    expect(payload.take(Buffer.from('..abcd'), 2)).toBe(3);
    expect(payload.whole().toString()).toBe('abc');
  });

  it('keeps nothing of a chunk', () => {
    for (const length of [4, 5]) {
      const payload = new Payload(length, 4);
      const chunk = Buffer.from('abcde');
      payload.take(chunk, 0);
      payload.take(Buffer.from('e'), 0);
      chunk.fill('!');
      expect(payload.whole().toString()).toBe('abcde'.slice(0, length));
    }
  });

  it('does not share memory with others where it is long', () => {
    const payload = new Payload(20 * KIB, 4);
    payload.take(Buffer.alloc(10 * KIB), 0);
    payload.take(Buffer.alloc(10 * KIB), 0);
    expect(payload.whole().buffer.byteLength).toBe(20 * KIB + 4);
  });
});

describe('the room of a payload', () => {
  it('is for long ones', () => {
    expect(new Payload(16 * KIB - 1, 4).room()).toBeUndefined();
    expect(new Payload(16 * KIB, 4).room()).toHaveLength(16 * KIB + 4);
  });

  it('is where the rest belongs, and a little of what stands behind', () => {
    const payload = new Payload(20 * KIB, 4);
    payload.take(Buffer.alloc(KIB, 'a'), 0);
    const room = payload.room();
    expect(room).toHaveLength(19 * KIB + 4);
    room?.fill(0x62);
    expect(payload.take(Buffer.from(room?.buffer as ArrayBuffer, room?.byteOffset, room?.length), 0)).toBe(
      19 * KIB,
    );
    expect(payload.whole().buffer).toBe(room?.buffer);
    expect(payload.whole().toString()).toBe('a'.repeat(KIB) + 'b'.repeat(19 * KIB));
  });

  it('need not be used', () => {
    const payload = new Payload(20 * KIB, 4);
    payload.room()?.fill(0x21);
    payload.take(Buffer.alloc(KIB, 'a'), 0);
    payload.room()?.fill(0x21);
    payload.take(Buffer.alloc(19 * KIB, 'b'), 0);
    expect(payload.whole().toString()).toBe('a'.repeat(KIB) + 'b'.repeat(19 * KIB));
  });

  it('grows with what has come, not with what was announced', () => {
    const payload = new Payload(1024 * KIB * KIB, 4);
    expect(payload.room()).toHaveLength(64 * KIB);
    payload.take(Buffer.alloc(64 * KIB), 0);
    expect(payload.room()?.length).toBeLessThan(4 * 65 * KIB);
  });

  it('is asked for again and again at the cost of one', () => {
    const payload = new Payload(20 * KIB, 4);
    expect(payload.room()?.buffer).toBe(payload.room()?.buffer);
  });
});
