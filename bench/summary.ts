import { BASE } from './contenders.js';
import type { Measured } from './rounds.js';

/** One figure of one contender over all rounds. */
export interface Row {
  readonly workload: string;
  readonly title: string;
  readonly contender: string;
  readonly figure: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Median over the rounds of this contender's figure divided by the base's in the same round. */
  readonly ratio: number;
  /** Whether a ratio above 1 is good. */
  readonly better: 'more' | 'less';
  readonly runs: number;
}

/** The rows of the table: grouped by workload and figure, contenders in the order they were first measured. */
export function summarize(measured: readonly Measured[]): Row[] {
  const workloads = unique(measured.map(({ workload }) => workload));
  return workloads.flatMap(workload => {
    const ofWorkload = measured.filter(one => one.workload === workload);
    const contenders = unique(ofWorkload.map(({ contender }) => contender));
    return workload.figures.flatMap(figure =>
      contenders.map(contender => {
        const values = valuesOf(ofWorkload, contender, figure.name);
        const base = valuesOf(ofWorkload, BASE, figure.name);
        return {
          workload: workload.name,
          title: workload.title,
          contender,
          figure: figure.name,
          unit: figure.unit,
          better: figure.better,
          median: median([...values.values()]),
          min: Math.min(...values.values()),
          max: Math.max(...values.values()),
          ratio: median([...values].map(([round, value]) => value / (base.get(round) ?? Number.NaN))),
          runs: values.size,
        };
      }),
    );
  });
}

function valuesOf(measured: readonly Measured[], contender: string, figure: string): Map<number, number> {
  const own = measured.filter(one => one.contender === contender);
  return new Map(own.map(({ round, figures }) => [round, figures[figure] ?? Number.NaN]));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
