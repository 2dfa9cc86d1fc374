import { describe, expect, it } from 'vitest';
import { contender } from '../../bench/contenders.js';
import { described, merged } from '../../bench/result.js';
import type { Measured } from '../../bench/rounds.js';
import { median, summarize } from '../../bench/summary.js';
import { workload } from '../../bench/workloads.js';
import { result, row } from '../support/bench-rows.js';

const flood = workload('flood-up-small');

function measured(round: number, name: string, rate: number, runtime = 'Node 20.1.0'): Measured {
  return {
    round,
    runtime: { name: runtime, path: 'node' },
    workload: flood,
    contender: contender(name),
    size: 1,
    figures: { rate },
  };
}

describe('summarize', () => {
  it('takes the ratio round by round and then the median', () => {
    const rows = summarize([
      measured(0, 'fork json', 100),
      measured(0, 'deka-ipc send', 500),
      measured(1, 'deka-ipc send', 100),
      measured(1, 'fork json', 10),
      measured(2, 'fork json', 100),
      measured(2, 'deka-ipc send', 300),
    ]);
    expect(rows.find(row => row.contender === 'deka-ipc send')).toMatchObject({
      values: [500, 100, 300],
      ratios: [5, 10, 3],
      ratio: 5,
      median: 300,
      min: 100,
      max: 500,
    });
  });

  it('has no ratio where the base was not measured', () => {
    const [row] = summarize([measured(0, 'zeromq', 100)]);
    expect(row).toMatchObject({ ratios: [], ratio: null });
  });

  it('leaves out the rounds that one of the two failed in', () => {
    const [row] = summarize([
      measured(0, 'deka-ipc send', 500),
      measured(1, 'deka-ipc send', 600),
      measured(1, 'fork json', 100),
    ]);
    expect(row).toMatchObject({ values: [500, 600], ratios: [6] });
  });

  it('keeps runtimes apart, and contenders in the order of the workload', () => {
    const rows = summarize([
      measured(0, 'fork json', 100),
      measured(0, 'deka-ipc send', 500),
      measured(0, 'fork json', 200, 'Node 24.1.0'),
      measured(0, 'deka-ipc send', 800, 'Node 24.1.0'),
    ]);
    expect(rows.map(({ runtime, contender: name, ratio }) => [runtime, name, ratio])).toEqual([
      ['Node 20.1.0', 'deka-ipc send', 5],
      ['Node 20.1.0', 'fork json', 1],
      ['Node 24.1.0', 'deka-ipc send', 4],
      ['Node 24.1.0', 'fork json', 1],
    ]);
  });
});

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});

describe('merged', () => {
  it('puts the rows of several results together, by runtime', () => {
    const of24 = { runtime: 'Node 24.1.0' };
    const first = result(row([5]), row([8], of24));
    const second = result(row([70], { workload: 'round-trip' }));
    expect(
      merged([first, second]).runs.map(({ runtime, rows }) => [runtime, rows.map(one => one.median)]),
    ).toEqual([
      ['Node 20.1.0', [5, 70]],
      ['Node 24.1.0', [8]],
    ]);
  });

  it('takes a row that several have from the last', () => {
    const old = result(row([5]), row([6], { contender: 'zeromq' }));
    const again = { ...result(row([50])), commit: 'def5678' };
    const { runs, commit } = merged([old, again]);
    expect(runs.map(({ rows }) => rows.map(({ contender, median: value }) => [contender, value]))).toEqual([
      [
        ['deka-ipc send', 50],
        ['zeromq', 6],
      ],
    ]);
    expect(commit).toBe('abc1234, def5678');
  });
});

it.each([
  [[[1, 2, 3]], '3 rounds'],
  [[[1]], '1 round'],
  [[[1, 2, 3], [1]], '1 to 3 rounds'],
])('of rows with the values %j says %s', (values, text) => {
  const rows = values.map((some, n) => row(some, { contender: String(n) }));
  expect(described(result(...rows))[1]).toContain(`, ${text}, `);
});
