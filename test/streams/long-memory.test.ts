import { afterEach, describe, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

describe('memory for long frames', () => {
  it('has nothing beside the frame', async () => {
    const { longMemory } = await import('../../src/streams/long-memory.js');
    expect(longMemory(20_000).buffer.byteLength).toBe(20_000);
  });

  // What comes of it is the allocator's, and differs from one process to the next by what lies where.
  it('is preceded, once, by a large piece that nobody keeps', async () => {
    const { longMemory } = await import('../../src/streams/long-memory.js');
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
    longMemory(20_000);
    longMemory(30_000);
    expect(allocate.mock.calls).toEqual([[8 * 1024 * 1024], [20_000], [30_000]]);
  });
});
