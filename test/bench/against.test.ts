import { describe, expect, it } from 'vitest';
import { compare } from '../../bench/against.js';
import { result, row } from '../support/bench-rows.js';

describe('what became slower', () => {
  it.each([
    ['every round worse, the median by more than 5 %', [5, 5.1, 5.2], [4, 4.1, 4.2], 1],
    ['worse, and the rounds overlap', [4, 5, 6], [3.5, 4, 4.5], 0],
    ['every round worse, the median by 4 %', [5, 5.01, 5.02], [4.8, 4.82, 4.84], 0],
    ['faster', [4, 4.1, 4.2], [5, 5.1, 5.2], 0],
  ])('%s', (_what, before, now, slower) => {
    expect(compare(result(row(before)), result(row(now))).slower).toHaveLength(slower);
  });

  it('a figure of which less is better is worse when it grows', () => {
    const latency = { figure: 'p50', better: 'less' } as const;
    const { slower } = compare(result(row([1, 1.1, 1.2], latency)), result(row([2, 2.1, 2.2], latency)));
    expect(slower.map(({ before, now }) => [before, now])).toEqual([[1.1, 2.1]]);
    expect(slower[0]?.worse).toBeCloseTo(2.1 / 1.1);
  });

  it('a machine of half the speed does not count, for ratios are compared', () => {
    const before = row([5, 5.1, 5.2], { values: [500, 510, 520], median: 510 });
    const now = row([5, 5.1, 5.2], { values: [250, 255, 260], median: 255 });
    expect(compare(result(before), result(now))).toEqual({ slower: [], compared: 1 });
  });
});

describe('what is compared', () => {
  it.each([
    ['nothing that only one of them has', row([1, 1, 1], { workload: 'round-trip' }), 0],
    ['not the base, whose ratio is always 1', row([1, 1, 1], { contender: 'fork json' }), 0],
    ['not two rounds, which say nothing about the noise', row([1, 1]), 0],
    ['another version of the only runtime', row([1, 1, 1], { runtime: 'Node 24.1.0' }), 1],
  ])('%s', (_what, now, compared) => {
    const before = result(row([1, 1, 1]), row([1, 1, 1], { contender: 'fork json' }));
    expect(compare(before, result(now)).compared).toBe(compared);
  });

  it('the same runtime, where there are several', () => {
    const of24 = { runtime: 'Node 24.0.0' };
    const before = result(row([5, 5, 5]), row([9, 9, 9], of24));
    const now = result(row([5, 5, 5]), row([8, 8, 8], { runtime: 'Node 24.2.0' }));
    expect(compare(before, now).slower.map(({ row: { runtime } }) => runtime)).toEqual(['Node 24.2.0']);
  });
});
