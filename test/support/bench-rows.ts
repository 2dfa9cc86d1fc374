import type { Result } from '../../bench/result.js';
import { median, type Row } from '../../bench/summary.js';

/** A row with these ratios to its base, which are its values too. */
export function row(ratios: readonly number[], rest: Partial<Row> = {}): Row {
  return {
    runtime: 'Node 20.1.0',
    workload: 'flood-up-small',
    title: 'flood',
    contender: 'deka-ipc send',
    figure: 'rate',
    unit: 'k messages/s',
    better: 'more',
    median: median(ratios),
    min: Math.min(...ratios),
    max: Math.max(...ratios),
    values: ratios,
    base: 'fork json',
    ratios,
    ratio: median(ratios),
    ...rest,
  };
}

export function result(...rows: readonly Row[]): Result {
  const runtimes = [...new Set(rows.map(({ runtime }) => runtime))];
  return {
    date: '2026-01-02T00:00:00.000Z',
    version: '1.0.0',
    commit: 'abc1234',
    cpu: 'CPU <fast>',
    cores: 2,
    memoryGiB: 8,
    system: 'linux',
    rounds: 3,
    quick: false,
    neighbours: { zeromq: '6.0.0' },
    runs: runtimes.map(runtime => ({ runtime, rows: rows.filter(one => one.runtime === runtime) })),
  };
}
