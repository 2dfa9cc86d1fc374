import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import Table from 'cli-table3';

import type { Row } from './summary.js';

/** Where and with what the figures came about. */
export interface Circumstances {
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly v8: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly rounds: number;
  readonly quick: boolean;
}

export function circumstances(rounds: number, quick: boolean): Circumstances {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    node: process.versions.node,
    v8: process.versions.v8,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    rounds,
    quick,
  };
}

/** The table that a person reads. */
export function table(rows: readonly Row[]): string {
  const drawn = new Table({
    head: ['workload', 'contender', 'figure', 'median', 'spread', 'ratio'],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  let above = '';
  for (const row of rows) {
    const group = `${row.title}, ${row.figure}`;
    drawn.push([
      group === above ? '' : row.title,
      row.contender,
      `${row.figure}, ${row.unit}`,
      digits(row.median),
      `${digits(row.min)} – ${digits(row.max)}`,
      row.ratio === null ? '' : row.ratio.toFixed(2),
    ]);
    above = group;
  }
  return drawn.toString();
}

function digits(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

function commit(): string {
  try {
    const options = { encoding: 'utf8', stdio: 'pipe' } as const;
    const head = execFileSync('git', ['rev-parse', '--short', 'HEAD'], options).trim();
    const changed = execFileSync('git', ['status', '--porcelain', '--untracked-files=no'], options).trim();
    return changed === '' ? head : `${head}, with changes`;
  } catch {
    return 'not a git checkout';
  }
}
