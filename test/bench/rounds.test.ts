import { describe, expect, it } from 'vitest';
import { contender } from '../../bench/contenders.js';
import { type Plan, plan } from '../../bench/rounds.js';
import { runAll } from '../../bench/run.js';
import { workload } from '../../bench/workloads.js';

const NODE = { name: 'Node 20.1.0', path: 'node' };
const PLAN: Plan = {
  workloads: [workload('flood-up-small')],
  contenders: ['deka-ipc send', 'fork json', 'execa'].map(contender),
  runtimes: [NODE],
  rounds: 2,
  quick: false,
};

function planned(rest: Partial<Plan>): [round: number, contender: string, size: number][] {
  return plan({ ...PLAN, ...rest }).map(({ round, contender: { name }, size }) => [round, name, size]);
}

describe('the plan', () => {
  it('has everybody once in each round, starting with somebody else', () => {
    expect(planned({})).toEqual([
      [0, 'deka-ipc send', 1_000_000],
      [0, 'fork json', 1_000_000],
      [0, 'execa', 250_000],
      [1, 'fork json', 1_000_000],
      [1, 'execa', 250_000],
      [1, 'deka-ipc send', 1_000_000],
    ]);
  });

  it('has runtimes side by side', () => {
    const runtimes = [NODE, { name: 'Node 24.1.0', path: 'node24' }];
    const tasks = plan({ ...PLAN, runtimes, rounds: 1, contenders: [contender('fork json')] });
    expect(tasks.map(({ runtime }) => runtime.name)).toEqual(['Node 20.1.0', 'Node 24.1.0']);
  });

  it('takes the count that is asked for, but not as megabytes', () => {
    const workloads = [workload('flood-up-small'), workload('large-32')];
    const contenders = [contender('fork json')];
    expect(planned({ workloads, contenders, rounds: 1, count: 7 })).toEqual([
      [0, 'fork json', 7],
      [0, 'fork json', 32],
    ]);
  });

  it('measures what takes long once, in a quick run', () => {
    const contenders = [contender('fork json')];
    expect(planned({ workloads: [workload('large-32')], contenders, quick: true })).toHaveLength(1);
  });
});

describe('a run', () => {
  it('goes on without somebody who failed, in that workload', async () => {
    const tried: string[] = [];
    const outcome = await runAll(plan(PLAN), async task => {
      tried.push(task.contender.name);
      if (task.contender.name === 'execa')
        throw Object.assign(new Error('Command failed'), { stderr: 'at x\nTypeError: no such thing\n' });
      return { ...task, figures: { rate: 1 } };
    });
    expect(tried).toEqual(['deka-ipc send', 'fork json', 'execa', 'fork json', 'deka-ipc send']);
    expect(outcome.measured).toHaveLength(4);
    expect(outcome.failures.map(({ reason }) => reason)).toEqual(['TypeError: no such thing']);
  });
});
