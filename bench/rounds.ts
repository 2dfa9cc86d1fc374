import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CONTENDERS } from './contenders.js';
import type { Figures, Workload } from './workloads.js';

const run = promisify(execFile);

/** One measurement to make. */
export interface Task {
  readonly round: number;
  readonly workload: Workload;
  readonly contender: string;
  readonly size: number;
}

/** A task and what it measured. */
export interface Measured extends Task {
  readonly figures: Figures;
}

/** What to measure, in order: in each round the contenders take turns, so that a slow minute hits all of them. */
export function plan(workloads: readonly Workload[], rounds: number, quick: boolean): Task[] {
  return Array.from({ length: rounds }, (_, round) => round).flatMap(round =>
    workloads
      .filter(workload => !(quick && workload.slow === true && round > 0))
      .flatMap(workload =>
        turns(workload.contenders ?? CONTENDERS.map(({ name }) => name), round)
          .filter(name => !workload.without.includes(name))
          .map(name => ({
            round,
            workload,
            contender: name,
            size: quick ? workload.quickSize : workload.size,
          })),
      ),
  );
}

/** Runs one task in fresh processes. */
export async function measure(task: Task): Promise<Measured> {
  const script = fileURLToPath(new URL('./measure.js', import.meta.url));
  const args = [script, task.workload.name, task.contender, String(task.size)];
  const { stdout } = await run(process.execPath, args);
  return { ...task, figures: JSON.parse(stdout) as Figures };
}

/** Everybody, starting with somebody else each round: who follows whom matters on a machine that heats up. */
function turns(names: readonly string[], round: number): string[] {
  const first = round % names.length;
  return [...names.slice(first), ...names.slice(0, first)];
}
