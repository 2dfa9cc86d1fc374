import { expect } from 'vitest';

/** What a function throws; fails if it throws nothing. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

/** Matches an error by its stable code. */
export function code(wanted: string): unknown {
  return expect.objectContaining({ code: wanted });
}
