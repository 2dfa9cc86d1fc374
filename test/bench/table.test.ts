import { describe, expect, it } from 'vitest';
import { NEIGHBOURS } from '../../bench/neighbours.js';
import { noteFor } from '../../bench/notes.js';
import { digits, ratioText, table } from '../../bench/table.js';
import { row } from '../support/bench-rows.js';

const own = row([5, 5, 5]);
const ahead = row([9, 9, 9], { contender: 'MessagePort' });

describe('a note', () => {
  it('stands at a neighbour that is ahead of all of ours', () => {
    expect(noteFor(ahead, [own, ahead])).toContain('a thread of the same process');
  });

  it('stands at nobody who is behind one of ours', () => {
    expect(noteFor(ahead, [own, row([10], { contender: 'deka-ipc sendMany' }), ahead])).toBeUndefined();
  });

  it('asks for less where less is better', () => {
    const latency = { figure: 'p50', better: 'less' } as const;
    const slower = row([9, 9, 9], { contender: 'MessagePort', ...latency });
    expect(noteFor(slower, [row([5, 5, 5], latency), slower])).toBeUndefined();
  });

  it('compares within the workload', () => {
    const elsewhere = row([1], { workload: 'flood-down-small', contender: 'MessagePort' });
    expect(noteFor(elsewhere, [own, elsewhere])).toBeUndefined();
  });

  it('can be the one of the workload', () => {
    const start = { workload: 'start', better: 'less' } as const;
    const forked = row([1], { ...start, contender: 'fork json' });
    expect(noteFor(forked, [row([2], start), forked])).toBe('its child loads nothing but Node');
  });

  it.each(NEIGHBOURS.map(({ name, note }) => [name, note]))('is there for %s', (_name, note) => {
    expect(note).toBeTruthy();
  });
});

describe('the table', () => {
  it('numbers notes where they are first needed and lists them below', () => {
    const again = row([9, 9, 9], { contender: 'MessagePort', title: 'again' });
    const text = table({ runtime: 'Node 20.1.0', rows: [own, ahead, again] });
    expect(text.match(/MessagePort 1\)/g)).toHaveLength(2);
    expect(text).toMatch(/\n 1\) ahead: a thread of the same process/);
  });

  it('says which one is the base', () => {
    expect(table({ runtime: '', rows: [row([1], { contender: 'fork json' })] })).toContain('base 1.00');
  });

  it.each([
    [0.123, '0.12'],
    [12.34, '12.3'],
    [1234.5, '1235'],
  ])('writes %d as %s', (value, text) => {
    expect(digits(value)).toBe(text);
  });
});

it.each([
  [12.345, '12.35'],
  [1, '1.00'],
  [0.1, '0.10'],
  [0.0045678, '0.0046'],
])('writes the ratio %d as %s', (value, text) => {
  expect(ratioText(value)).toBe(text);
});
