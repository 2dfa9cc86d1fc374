import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Contender } from './contender.js';
import { contender } from './contenders.js';
import { MEASURE } from './modules.js';
import { findRuntime } from './packages.js';
import type { Figures, Workload } from './workload.js';

const run = promisify(execFile);

/** The Node that measures, unless a contender brings a runtime of its own. */
export interface Runtime {
  readonly name: string;
  readonly path: string;
}

/** One measurement to make. */
export interface Task {
  readonly round: number;
  readonly runtime: Runtime;
  readonly workload: Workload;
  readonly contender: Contender;
  readonly size: number;
}

/** A task and what it measured. */
export interface Measured extends Task {
  readonly figures: Figures;
}

/** What to measure and how often. */
export interface Plan {
  readonly workloads: readonly Workload[];
  readonly contenders: readonly Contender[];
  readonly runtimes: readonly Runtime[];
  readonly rounds: number;
  readonly quick: boolean;
  /** Instead of the sizes that workloads have. */
  readonly count?: number | undefined;
}

/** Longer than any measurement takes; the machine may be a slow one. */
const LIMIT_MS = 120_000;
const FLAGS = { bun: [], deno: ['run', '-A', '--quiet'] } as const;

/** The measurements in order: in each round the contenders take turns, so that a slow minute hits all of them. */
export function plan({ workloads, contenders, runtimes, rounds, quick, count }: Plan): Task[] {
  return Array.from({ length: rounds }, (_, round) => round).flatMap(round =>
    workloads
      .filter(({ onceIfQuick }) => !(quick && onceIfQuick === true && round > 0))
      .flatMap(workload =>
        turns(
          workload.contenders.map(contender).filter(one => contenders.includes(one)),
          round,
        ).flatMap(contender =>
          runtimes.map(runtime => ({
            round,
            runtime,
            workload,
            contender,
            size: sizeFor(workload, contender, quick, count),
          })),
        ),
      ),
  );
}

/** Runs one task in fresh processes. */
export async function measure(task: Task): Promise<Measured> {
  const { runtime, workload, contender, size } = task;
  const [path, flags] = program(runtime, contender);
  const args = [...flags, fileURLToPath(MEASURE), workload.name, contender.name, String(size)];
  const { stdout } = await run(path, args, { timeout: LIMIT_MS, killSignal: 'SIGKILL' });
  return { ...task, figures: JSON.parse(stdout) as Figures };
}

function program(runtime: Runtime, { runtime: own }: Contender): [path: string, flags: readonly string[]] {
  if (own === undefined) return [runtime.path, []];
  return [findRuntime(own) ?? own, FLAGS[own]];
}

function sizeFor(workload: Workload, contender: Contender, quick: boolean, count?: number): number {
  const { full, quick: less = full, of } = workload.sizes;
  const size = of === undefined && count !== undefined ? count : quick ? less : full;
  const { share = 1 } = workload.shared === true ? contender : {};
  return Math.ceil(size * share);
}

/** Everybody, starting with somebody else each round: who follows whom matters on a machine that heats up. */
function turns<T>(all: readonly T[], round: number): T[] {
  const first = all.length === 0 ? 0 : round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}
