import { vi } from 'vitest';

/** From here on, until mocks are restored: how many bytes were copied from one memory into another. */
export function watchCopies(): () => number {
  const set = vi.spyOn(Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array, 'set');
  return () => set.mock.calls.reduce((sum, [bytes]) => sum + bytes.length, 0);
}
