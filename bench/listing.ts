import Table from 'cli-table3';
import { CONTENDERS } from './contenders.js';
import { whyMissing } from './packages.js';
import { WORKLOADS } from './workloads.js';

/** What `--list` shows. */
export function listing(): string {
  const workloads = plain(['workload', 'what', 'when']);
  for (const { name, title, slow, sizes } of WORKLOADS) {
    const when = slow === true ? '--full' : sizes.quick === undefined ? '' : '--quick too';
    workloads.push([name, title, when]);
  }
  const contenders = plain(['contender', '']);
  for (const one of CONTENDERS) contenders.push([one.name, whyMissing(one) ?? '']);
  return `${workloads}\n${contenders}`;
}

function plain(head: string[]): Table.Table {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}
