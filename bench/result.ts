import { readFileSync } from 'node:fs';
import type { Row } from './summary.js';

/** Where and with what the figures came about. */
export interface Circumstances {
  /** In ISO 8601. */
  readonly date: string;
  readonly version: string;
  /** Of a clone; null in an installed package. */
  readonly commit: string | null;
  /** The Node that ran the program; each run says which one was measured. */
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly rounds: number;
  readonly quick: boolean;
  /** The neighbours that took part, with their versions. */
  readonly neighbours: Readonly<Record<string, string>>;
}

/** What one Node measured. */
export interface Run {
  /** `Node 20.20.2` */
  readonly runtime: string;
  readonly rows: readonly Row[];
}

/** What `--json` writes. */
export interface Result extends Circumstances {
  readonly runs: readonly Run[];
}

/** Throws for a file that is not one of these. */
export function readResult(file: string): Result {
  const result = JSON.parse(readFileSync(file, 'utf8')) as Partial<Result>;
  if (!Array.isArray(result.runs)) throw new Error(`${file} was not written by --json of this version`);
  return result as Result;
}

/**
 * Several runs as one: circumstances of the first, with the commits of all, and the rows of all, by runtime. A row that
 * several have is that of the last.
 */
export function merged(results: readonly [Result, ...Result[]]): Result {
  const runs = results.flatMap(result => result.runs);
  const runtimes = unique(runs.map(({ runtime }) => runtime));
  return {
    ...results[0],
    commit: unique(results.flatMap(({ commit }) => commit ?? [])).join(', ') || null,
    neighbours: Object.assign({}, ...results.map(({ neighbours }) => neighbours)),
    runs: runtimes.map(runtime => ({
      runtime,
      rows: latest(runs.filter(run => run.runtime === runtime).flatMap(({ rows }) => rows)),
    })),
  };
}

function latest(rows: readonly Row[]): Row[] {
  const key = ({ workload, contender, figure }: Row) => [workload, contender, figure].join('\n');
  return [...new Map(rows.map(row => [key(row), row])).values()];
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** Two or three lines below a chart or above a table. */
export function described(result: Result): string[] {
  const { version, commit, date, cpu, cores, memoryGiB, system, quick, neighbours, runs } = result;
  const others = Object.entries(neighbours).map(([name, its]) => `${name} ${its}`);
  return [
    `${runs.map(({ runtime }) => runtime).join(', ')} on ${cores} × ${cpu}, ${memoryGiB} GiB, ${system}`,
    `deka-ipc ${version}${commit === null ? '' : ` (${commit})`}, ${date.slice(0, 10)}, ` +
      `${roundsOf(result)}${quick ? ', quick' : ''}, the median of them`,
    ...(others.length > 0 ? [others.join(', ')] : []),
  ];
}

/** Runs that were put together may differ. */
function roundsOf({ rounds, runs }: Result): string {
  const counts = runs.flatMap(({ rows }) => rows.map(({ values }) => values.length));
  const [fewest, most] = counts.length === 0 ? [rounds, rounds] : [Math.min(...counts), Math.max(...counts)];
  if (fewest < most) return `${fewest} to ${most} rounds`;
  return most === 1 ? '1 round' : `${most} rounds`;
}
