import { describe, expect, it } from 'vitest';
import { ChunkMessages } from '../../src/streams/chunk-messages.js';

describe('the messages of a chunk', () => {
  it('are all that came, in order', () => {
    const messages = new ChunkMessages<number>();
    messages.add(1);
    messages.addAll([2, 3]);
    messages.addAll([]);
    messages.add(4);
    messages.addAll([5]);
    expect([messages.all, messages.count]).toEqual([[1, 2, 3, 4, 5], 5]);
  });

  it('are the array of a batch itself if nothing else came', () => {
    const messages = new ChunkMessages<number>();
    const batch = [1, 2];
    messages.addAll(batch);
    expect(messages.all).toBe(batch);
  });

  it('are copied once, however many batches a chunk holds', () => {
    const messages = new ChunkMessages<number>();
    messages.addAll([1]);
    messages.addAll([2]);
    const { all } = messages;
    messages.addAll([3]);
    messages.add(4);
    expect(messages.all).toBe(all);
    expect(all).toEqual([1, 2, 3, 4]);
  });

  it('never change the array of a batch: it may be kept by the codec that made it', () => {
    for (const batch of [[1], Object.freeze([1])]) {
      const messages = new ChunkMessages<number>();
      messages.addAll(batch);
      messages.add(2);
      messages.addAll([3]);
      messages.add(4);
      expect([messages.all, batch]).toEqual([[1, 2, 3, 4], [1]]);
    }
  });
});
