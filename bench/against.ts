import type { Result } from './result.js';
import { median, type Row } from './summary.js';

/** A row that became worse than it was. */
export interface Slower {
  readonly row: Row;
  /** Ratios to the base. */
  readonly before: number;
  readonly now: number;
  /** 1.2: a fifth worse. */
  readonly worse: number;
}

export interface Comparison {
  readonly slower: readonly Slower[];
  /** Rows that both have and that could be judged. */
  readonly compared: number;
}

/** Medians nearer than this are the same: what a busy machine does between two runs. */
const ALIKE = 1.05;
/** With fewer rounds nothing can be said about the noise. */
const MIN_ROUNDS = 3;

/**
 * What became slower than the noise explains. Compared are ratios to the base of the same round, so a slower machine does
 * not count. The noise is what the rounds of a row show themselves: it became slower if every round is now worse than
 * every round was, and the median by more than 5 %.
 */
export function compare(before: Result, now: Result): Comparison {
  const pairs = now.runs.flatMap(run =>
    run.rows.flatMap(row => {
      const old = sameRow(before, row, now.runs.length === 1);
      return old !== undefined && canBeJudged(row) && canBeJudged(old) ? [{ row, old }] : [];
    }),
  );
  return {
    compared: pairs.length,
    slower: pairs.flatMap(({ row, old }) => {
      const worse = factor(row, median(old.ratios), median(row.ratios));
      if (worse <= ALIKE || overlap(row, old)) return [];
      return [{ row, before: median(old.ratios), now: median(row.ratios), worse }];
    }),
  };
}

/** The row of the same runtime; where there is one runtime on either side, its version may differ. */
function sameRow(
  { runs }: Result,
  { runtime, workload, contender, figure }: Row,
  alone: boolean,
): Row | undefined {
  const run =
    runs.find(one => major(one.runtime) === major(runtime)) ??
    (alone && runs.length === 1 ? runs[0] : undefined);
  return run?.rows.find(
    row => row.workload === workload && row.contender === contender && row.figure === figure,
  );
}

function canBeJudged({ ratios, contender, base }: Row): boolean {
  return contender !== base && ratios.length >= MIN_ROUNDS;
}

function factor({ better }: Row, before: number, now: number): number {
  return better === 'more' ? before / now : now / before;
}

/** Whether any round now is as good as any round was. */
function overlap(now: Row, before: Row): boolean {
  return now.better === 'more'
    ? Math.max(...now.ratios) >= Math.min(...before.ratios)
    : Math.min(...now.ratios) <= Math.max(...before.ratios);
}

/** `Node 20.20.2` → `Node 20` */
function major(runtime: string): string {
  return runtime.split('.')[0] ?? runtime;
}
