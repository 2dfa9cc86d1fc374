import { contender } from './contenders.js';
import type { Row } from './summary.js';
import { WORKLOADS } from './workloads.js';

/** Why the contender of a row is ahead of this library's own rows beside it; undefined if it is not. */
export function noteFor(row: Row, rows: readonly Row[]): string | undefined {
  const own = rows.filter(
    other =>
      other.workload === row.workload &&
      other.figure === row.figure &&
      contender(other.contender).family === 'own',
  );
  if (contender(row.contender).family === 'own' || own.length === 0) return undefined;
  if (own.some(other => !isAhead(row, other))) return undefined;
  const { notes } = WORKLOADS.find(({ name }) => name === row.workload) ?? {};
  return notes?.[row.contender] ?? contender(row.contender).note;
}

function isAhead(row: Row, other: Row): boolean {
  return row.better === 'more' ? row.median > other.median : row.median < other.median;
}
