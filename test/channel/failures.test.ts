import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FAILURES_KEPT, FAILURES_PER_SECOND, Failures } from '../../src/channel/failures.js';
import { failuresOf } from '../../src/channel/observable-side.js';
import { open } from '../../src/channel/open.js';
import { IpcError } from '../../src/errors.js';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';
import { collect } from '../support/collect.js';
import { line } from '../support/deka-lines.js';

const bad = (n: number, count?: number) =>
  new IpcError('ERR_DECODE', `bad ${n}`, count === undefined ? {} : { count });

beforeEach(() => vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('failures', () => {
  it(`are kept for the first subscriber, ${FAILURES_KEPT} of them`, () => {
    const failures = new Failures(() => {});
    for (let n = 0; n < FAILURES_KEPT + 1; n += 1) failures.report(bad(n));
    const { values } = collect(failuresOf(failures));
    expect(values.map(({ message }) => message)).toEqual(
      Array.from({ length: FAILURES_KEPT }, (_, n) => `bad ${n}`),
    );
    expect(failures.count).toBe(FAILURES_KEPT + 1);
  });

  it(`are reported one by one up to ${FAILURES_PER_SECOND} in a second`, () => {
    const { failures, values } = flooded(FAILURES_PER_SECOND);
    vi.advanceTimersByTime(1000);
    failures.report(bad(-1));
    expect(values.length).toBe(FAILURES_PER_SECOND + 1);
    expect(values.every(({ count }) => count === undefined)).toBe(true);
  });

  it('are summed up beyond that, once the second is over', () => {
    const { failures, values } = flooded(FAILURES_PER_SECOND + 2);
    failures.report(bad(-2, 40));
    expect(values.length).toBe(FAILURES_PER_SECOND);
    vi.advanceTimersByTime(1000);
    failures.report(bad(-1));
    expect(values.slice(FAILURES_PER_SECOND)).toEqual([
      expect.objectContaining({ code: 'ERR_DECODE', count: 42, message: expect.stringContaining('bad -2') }),
      expect.objectContaining({ message: 'bad -1' }),
    ]);
    expect(failures.count).toBe(FAILURES_PER_SECOND + 43);
  });

  it('are summed up although nothing follows', () => {
    const { values } = flooded(FAILURES_PER_SECOND + 3);
    vi.advanceTimersByTime(1000);
    expect(values.at(-1)).toMatchObject({ count: 3 });
  });

  it('are summed up at the end, too', () => {
    const { failures, values } = flooded(FAILURES_PER_SECOND + 3);
    failures.complete();
    expect(values.at(-1)).toMatchObject({ count: 3 });
  });

  it('are summed up once, though whoever is told ends the channel', () => {
    const { failures, values } = flooded(FAILURES_PER_SECOND + 3);
    failuresOf(failures).subscribe(({ count }) => count !== undefined && failures.complete());
    vi.advanceTimersByTime(1000);
    expect(values.slice(FAILURES_PER_SECOND)).toEqual([expect.objectContaining({ count: 3 })]);
  });

  it('have a count of their own only where they stand for many', () => {
    expect([Object.keys(bad(1)), Object.keys(bad(1, 2))]).toEqual([
      ['code', 'name'],
      ['code', 'name', 'count'],
    ]);
  });
});

describe('a channel under a flood of bad frames', () => {
  it('adds up: what is reported, what it stands for, and messages', () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const messages = collect(channel.messages$).values;
    const { values } = collect(channel.failures$);
    for (let chunk = 0; chunk < 50; chunk += 1) transport.receive(`${'oops\n'.repeat(500)}${line(chunk)}`);
    channel.destroy();
    expect(values.length).toBeLessThanOrEqual(FAILURES_PER_SECOND + 1);
    expect(values.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(25_000);
    expect(channel.metrics().badFrames).toBe(25_000);
    expect(messages.length).toBe(50);
  });
});

/** With a subscriber, after so many in one second. */
function flooded(count: number) {
  const failures = new Failures(() => {});
  const { values } = collect(failuresOf(failures));
  for (let n = 0; n < count; n += 1) failures.report(bad(n));
  return { failures, values };
}
