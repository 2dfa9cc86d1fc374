import { setImmediate as turn } from 'node:timers/promises';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Leaves of the memory only what somebody can still reach. */
export async function collectGarbage(): Promise<void> {
  await turn(); // what a WeakRef was made of, or has given out, lives until the end of its job
  exposed()();
}

/** What V8 does now and then: who has outlived two of these is old, and is not looked at until it collects everything. */
export function collectYoungGarbage(): void {
  exposed()({ type: 'minor' });
}

/** Bytes of the objects that have grown old. */
export function oldBytes(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name: name }) => OLD_SPACES.has(name))
    .reduce((sum, { space_used_size: used }) => sum + used, 0);
}

const OLD_SPACES = new Set(['old_space', 'large_object_space']);

let collect: ((options?: { type: 'minor' }) => void) | undefined;

function exposed(): NonNullable<typeof collect> {
  setFlagsFromString('--expose-gc');
  collect ??= runInNewContext('gc') as NonNullable<typeof collect>; // each context is memory, too
  return collect;
}

/** How many of them are still there. */
export function alive(refs: readonly WeakRef<object>[]): number {
  return refs.filter(ref => ref.deref() !== undefined).length;
}
