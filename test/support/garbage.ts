import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Leaves of the memory only what somebody can still reach. */
export async function collectGarbage(): Promise<void> {
  await turn(); // what a WeakRef was made of, or has given out, lives until the end of its job
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** How many of them are still there. */
export function alive(refs: readonly WeakRef<object>[]): number {
  return refs.filter(ref => ref.deref() !== undefined).length;
}
