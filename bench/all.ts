import { CODEC_WORKLOADS } from './codecs.js';
import { start } from './start.js';
import { LINK_WORKLOADS, type Workload } from './workloads.js';

export const WORKLOADS: readonly Workload[] = [...LINK_WORKLOADS, start, ...CODEC_WORKLOADS];

/** The workload of that name. */
export function workload(name: string | undefined): Workload {
  const found = WORKLOADS.find(candidate => candidate.name === name);
  if (found === undefined)
    throw new Error(`no workload ${name}; there are ${WORKLOADS.map(w => w.name).join(', ')}`);
  return found;
}
