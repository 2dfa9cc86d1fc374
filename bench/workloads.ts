import type { Workload } from './workload.js';
import { bytes } from './workloads/bytes.js';
import { CODECS } from './workloads/codecs.js';
import { FLOODS } from './workloads/flood.js';
import { LARGE } from './workloads/large.js';
import { LIMITS } from './workloads/limits.js';
import { load } from './workloads/load.js';
import { roundTrip, underLoad } from './workloads/round-trip.js';
import { SCALE } from './workloads/scale.js';
import { start } from './workloads/start.js';
import { WORKERS } from './workloads/workers.js';

export const WORKLOADS: readonly Workload[] = [
  ...FLOODS,
  roundTrip,
  underLoad,
  ...LARGE,
  start,
  load,
  ...CODECS,
  ...LIMITS,
  bytes,
  ...SCALE,
  ...WORKERS,
];

/** The workload of that name. */
export function workload(name: string | undefined): Workload {
  const found = WORKLOADS.find(candidate => candidate.name === name);
  if (found === undefined)
    throw new Error(`no workload ${name}; there are ${WORKLOADS.map(w => w.name).join(', ')}`);
  return found;
}

/** The one of that name, or all whose name begins with it: `scale` are all of `scale-…`. */
export function workloadsNamed(name: string): readonly Workload[] {
  if (WORKLOADS.some(workload => workload.name === name)) return [workload(name)];
  const found = WORKLOADS.filter(workload => workload.name.startsWith(`${name}-`));
  return found.length > 0 ? found : [workload(name)];
}
