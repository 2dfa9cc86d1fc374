import { describe, expect, it } from 'vitest';
import { encodeUtf8, TextMemory } from '../../src/transport/text-memory.js';

const TEXTS = ['', 'plain', 'é', '漢字', '😀', 'a'.repeat(200_000), 'ü'.repeat(100_000)];

describe('text in memory that is used again', () => {
  it.each(TEXTS)('is the UTF-8 of the text', text => {
    const expected = Buffer.from(text, 'utf8');
    expect(Buffer.compare(new TextMemory().encode(text), expected)).toBe(0);
    expect(Buffer.compare(encodeUtf8(text), expected)).toBe(0);
  });

  it('is in the same memory once it was released', () => {
    const memory = new TextMemory();
    const first = memory.encode('first');
    memory.release(first);
    const second = memory.encode('again');

    expect(second.buffer).toBe(first.buffer);
    expect(Buffer.from(first).toString()).toBe('again');
  });

  it('stays as it is until then', () => {
    const memory = new TextMemory();
    const first = memory.encode('first');
    const second = memory.encode('other');
    memory.release(second);
    memory.encode('third');
    memory.encode('fourth');

    expect(Buffer.from(first).toString()).toBe('first');
    expect(Buffer.from(second).toString()).toBe('third');
  });

  it('is free once, however often it is released', () => {
    const memory = new TextMemory();
    const first = memory.encode('first');
    memory.release(first);
    memory.release(first);
    const [second, third] = [memory.encode('second'), memory.encode('third')];

    expect([second, third].map(bytes => Buffer.from(bytes).toString())).toEqual(['second', 'third']);
  });

  it('is given up beyond what is worth keeping', () => {
    const memory = new TextMemory();
    const lent = ['one', 'two', 'three'].map(text => memory.encode(text));
    for (const bytes of lent) memory.release(bytes);
    const again = new Set(['four', 'five', 'six'].map(text => memory.encode(text).buffer));

    expect(lent.filter(({ buffer }) => again.has(buffer))).toHaveLength(2);
  });

  it('is no memory of its own for a text that is too long', () => {
    const memory = new TextMemory();
    const short = memory.encode('short');
    memory.release(short);
    memory.release(memory.encode('x'.repeat(200_000)));

    expect(Buffer.from(short).toString()).toBe('short');
  });
});
