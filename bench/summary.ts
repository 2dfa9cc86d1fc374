import type { Measured } from './rounds.js';
import type { Figure, Workload } from './workload.js';

/** One figure of one contender over all rounds. */
export interface Row {
  readonly runtime: string;
  readonly workload: string;
  readonly title: string;
  readonly contender: string;
  readonly figure: string;
  readonly unit: string;
  /** Whether a higher figure is good. */
  readonly better: Figure['better'];
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The figure of each round. */
  readonly values: readonly number[];
  /** The contender that ratios refer to. */
  readonly base: string;
  /** Of each round that has both: this contender's figure divided by the base's. */
  readonly ratios: readonly number[];
  /** The median of those; null where there are none. */
  readonly ratio: number | null;
}

/** The rows of the table: by runtime, workload and figure, contenders in the order of the workload. */
export function summarize(measured: readonly Measured[]): Row[] {
  const runtimes = unique(measured.map(({ runtime }) => runtime.name));
  const workloads = unique(measured.map(({ workload }) => workload));
  return runtimes.flatMap(runtime =>
    workloads.flatMap(workload => {
      const own = measured.filter(one => one.runtime.name === runtime && one.workload === workload);
      return rowsOf(runtime, workload, own);
    }),
  );
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function rowsOf(runtime: string, workload: Workload, measured: readonly Measured[]): Row[] {
  const contenders = workload.contenders.filter(name =>
    measured.some(({ contender }) => contender.name === name),
  );
  return workload.figures.flatMap(figure => {
    const base = byRound(measured, workload.base, figure.name);
    return contenders.map(contender => {
      const own = byRound(measured, contender, figure.name);
      const values = [...own.values()];
      const ratios = [...own].flatMap(([round, value]) => {
        const one = base.get(round);
        return one === undefined ? [] : [value / one];
      });
      return {
        runtime,
        workload: workload.name,
        title: workload.title,
        contender,
        figure: figure.name,
        unit: figure.unit,
        better: figure.better,
        median: median(values),
        min: Math.min(...values),
        max: Math.max(...values),
        values,
        base: workload.base,
        ratios,
        ratio: ratios.length === 0 ? null : median(ratios),
      };
    });
  });
}

function byRound(measured: readonly Measured[], contender: string, figure: string): Map<number, number> {
  const own = measured.filter(one => one.contender.name === contender);
  return new Map(own.map(({ round, figures }) => [round, figures[figure] ?? Number.NaN]));
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
