import { Presets, SingleBar } from 'cli-progress';
import { type Measured, measure, type Task } from './rounds.js';

/** Somebody who could not be measured. */
export interface Failure {
  readonly task: Task;
  readonly reason: string;
}

export interface Outcome {
  readonly measured: readonly Measured[];
  readonly failures: readonly Failure[];
}

/** Runs the tasks one after the other, with a bar. Who failed once in a workload is not measured in it again. */
export async function runAll(tasks: readonly Task[], run = measure): Promise<Outcome> {
  const measured: Measured[] = [];
  const failures: Failure[] = [];
  const bar = new SingleBar(
    {
      format: '{bar} {value}/{total} {what}',
      clearOnComplete: true,
      noTTYOutput: true,
      notTTYSchedule: 5000,
    },
    Presets.shades_classic,
  );
  bar.start(tasks.length, 0, { what: '' });
  for (const [index, task] of tasks.entries()) {
    bar.update(index, { what: `${task.workload.title}: ${task.contender.name}` });
    if (failures.some(failure => isSame(failure.task, task))) continue;
    try {
      measured.push(await run(task));
    } catch (error) {
      failures.push({ task, reason: reasonOf(error) });
    }
  }
  bar.stop();
  return { measured, failures };
}

function isSame(a: Task, b: Task): boolean {
  return a.workload === b.workload && a.contender === b.contender && a.runtime === b.runtime;
}

/** The line that says most: an error's own name and text, from what the process left on its standard error. */
function reasonOf(error: unknown): string {
  const { killed, stderr = '', message } = error as { killed?: boolean; stderr?: string; message: string };
  if (killed === true) return 'took too long';
  return /^\w*Error\b.*$/m.exec(stderr)?.[0] ?? message.split('\n')[0] ?? message;
}
