import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { open } from '../../src/channel/open.js';
import { DelayWindow, delayHistogram, QueueDelay } from '../../src/channel/queue-delay.js';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';
import { turns } from '../support/collect.js';
import { thrownBy } from '../support/errors.js';

/** A link that tells delays when the test says so. */
function started() {
  const recordDelays = vi.fn<(record: (delayMs: number) => void) => void>();
  const delays = new QueueDelay({ recordDelays });
  const tell = (delayMs: number) => recordDelays.mock.calls[0]?.[0](delayMs);
  return { delays, recordDelays, tell };
}

function refuse(): never {
  throw new Error('Not implemented');
}

describe('the histogram', () => {
  it('is one, and the link records from the first call on', () => {
    const { delays, recordDelays } = started();
    delays.watch(() => {});
    expect(recordDelays).not.toHaveBeenCalled();
    const histogram = delays.histogram();
    expect(delays.histogram()).toBe(histogram);
    expect(recordDelays).toHaveBeenCalledTimes(1);
    expect(histogram.count).toBe(0);
  });

  it('has each delay in nanoseconds, within 1 %', () => {
    const { delays, tell } = started();
    const histogram = delays.histogram();
    for (const ms of [5, 12.3456, 3_600_000]) tell(ms);
    const { count, exceeds, max } = histogram;
    expect({ count, exceeds }).toEqual({ count: 3, exceeds: 0 });
    expect(Math.abs(histogram.percentile(50) / 12_345_600 - 1)).toBeLessThan(0.01);
    expect(Math.abs(max / 3.6e12 - 1)).toBeLessThan(0.01);
  });

  it('takes a delay below what the clock can tell as one nanosecond', () => {
    const { delays, tell } = started();
    const histogram = delays.histogram();
    tell(0);
    tell(-0.001);
    expect([histogram.count, histogram.max]).toEqual([2, 1]);
  });

  it('tells those who watch, as long as they do', () => {
    const { delays, tell } = started();
    const seen: number[] = [];
    const stop = delays.watch(nanoseconds => seen.push(nanoseconds));
    delays.histogram();
    tell(1);
    stop();
    tell(2);
    expect(seen).toEqual([1_000_000]);
  });

  it.each<[string, Parameters<typeof delayHistogram>[0], RegExp]>([
    ['is missing', {}, /on this runtime is missing\. .*flush\(\)/],
    ['is refused', { createHistogram: refuse }, /on this runtime refuses: Not implemented\. .*flush\(\)/],
  ])('is ERR_UNSUPPORTED_PLATFORM on a runtime where it %s', (_what, module, message) => {
    const error = thrownBy(() => delayHistogram(module));
    expect(error).toMatchObject({
      code: 'ERR_UNSUPPORTED_PLATFORM',
      message: expect.stringMatching(message),
    });
  });
});

describe('a window', () => {
  it('gives what came since the last look', () => {
    const window = new DelayWindow();
    expect(window.take()).toBeUndefined();
    for (let n = 1; n <= 100; n += 1) window.add(n);
    expect(window.take()).toEqual({ p50: 50, p99: 99, max: 100 });
    expect(window.take()).toBeUndefined();
    window.add(7);
    expect(window.take()).toEqual({ p50: 7, p99: 7, max: 7 });
  });
});

describe('queueDelay() of a channel', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('has one value for each write: from send until the kernel has it', async () => {
    const transport = new ScriptedTransport('by hand');
    const channel = open(transport);
    const delay = channel.queueDelay();
    channel.sendMany(Array.from({ length: 1000 }, (_, id) => ({ id })));
    await turns(1);
    vi.advanceTimersByTime(8);
    transport.take();
    expect([delay.count, Math.round(delay.max / 1e6)]).toEqual([1, 8]);
    channel.destroy();
  });

  it('reads no clock and makes no histogram before it is called', async () => {
    const channel = open(new ScriptedTransport());
    const now = vi.spyOn(performance, 'now');
    channel.send(1);
    await channel.flush();
    expect(now).not.toHaveBeenCalled();
    channel.queueDelay();
    channel.send(2);
    await channel.flush();
    expect(now).toHaveBeenCalledTimes(2);
    channel.destroy();
  });
});
