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

/** Several runs as one: circumstances of the first, the rows of all, by runtime. */
export function merged(results: readonly [Result, ...Result[]]): Result {
  const runs = results.flatMap(result => result.runs);
  const runtimes = [...new Set(runs.map(({ runtime }) => runtime))];
  return {
    ...results[0],
    neighbours: Object.assign({}, ...results.map(({ neighbours }) => neighbours)),
    runs: runtimes.map(runtime => ({
      runtime,
      rows: runs.filter(run => run.runtime === runtime).flatMap(({ rows }) => rows),
    })),
  };
}

/** Two or three lines below a chart or above a table. */
export function described(result: Result): string[] {
  const { version, commit, date, cpu, cores, memoryGiB, system, rounds, quick, neighbours, runs } = result;
  const others = Object.entries(neighbours).map(([name, its]) => `${name} ${its}`);
  return [
    `${runs.map(({ runtime }) => runtime).join(', ')} on ${cores} × ${cpu}, ${memoryGiB} GiB, ${system}`,
    `deka-ipc ${version}${commit === null ? '' : ` (${commit})`}, ${date.slice(0, 10)}, ` +
      `${rounds} ${rounds === 1 ? 'round' : 'rounds'}${quick ? ', quick' : ''}, the median of them`,
    ...(others.length > 0 ? [others.join(', ')] : []),
  ];
}
