import { describe, expect, it } from 'vitest';
import { NextPayload, Payload } from '../../src/streams/payload.js';

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

describe('the room of the next payload', () => {
  function behind(length: number): NextPayload {
    const next = new NextPayload(4);
    next.expect(length);
    return next;
  }

  it('is there behind a long one, with a header before it and the next one behind', () => {
    expect(new NextPayload(4).room()).toBeUndefined();
    expect(behind(16 * KIB - 1).room()).toBeUndefined();
    expect(behind(16 * KIB).room()).toHaveLength(16 * KIB + 8);
    expect(behind(64 * KIB).room()).toHaveLength(64 * KIB + 8);
    expect(behind(64 * KIB + 1).room()).toBeUndefined(); // nobody believes that much of what has not begun to come
  });

  it('is asked for again and again at the cost of one', () => {
    const next = behind(20 * KIB);
    expect(next.room()?.buffer).toBe(next.room()?.buffer);
  });

  it.each([20 * KIB, 10 * KIB])('becomes the payload that came there, and is not used again: %i', length => {
    const next = behind(20 * KIB);
    const room = next.room() as Buffer;
    const memory = next.take(room, 4, length);
    expect([memory?.buffer === room.buffer, memory?.byteOffset]).toEqual([true, room.byteOffset + 4]);
    expect(next.room()?.buffer).not.toBe(room.buffer);
  });

  it.each([20 * KIB + 1, 10 * KIB - 1, 0])('is no more when one came that does not fit: %i', length => {
    const next = behind(20 * KIB);
    expect(next.take(next.room() as Buffer, 4, length)).toBeUndefined();
    expect(next.room()).toBeUndefined();
  });

  it('is no more when a long one came that is too long for it', () => {
    const next = behind(20 * KIB);
    next.expect(100 * KIB);
    expect(next.room()).toBeUndefined();
  });

  it('is for the first frame of a chunk only', () => {
    const next = behind(20 * KIB);
    expect(next.take(next.room() as Buffer, 8, 16 * KIB)).toBeUndefined();
  });

  it('stays for a chunk that came elsewhere', () => {
    const next = behind(20 * KIB);
    const room = next.room();
    expect(next.take(Buffer.alloc(20 * KIB), 4, 20 * KIB - 4)).toBeUndefined();
    expect(next.room()?.buffer).toBe(room?.buffer);
  });
});
