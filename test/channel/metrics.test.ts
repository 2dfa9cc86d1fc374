import { firstValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { metrics$ } from '../../src/channel/metrics.js';
import { channelOver, open } from '../../src/channel/open.js';
import { planOf } from '../../src/channel/options.js';
import type { QueueDelaySummary } from '../../src/channel/queue-delay.js';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';
import { collect } from '../support/collect.js';
import { linesOf } from '../support/deka-lines.js';

describe('metrics$', () => {
  it('gives counters and what came per second since the last sample', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const sample = firstValueFrom(metrics$(channel, 5));
    transport.receive(linesOf(1, 2));
    const { received, rates } = await sample;
    expect(received.messages).toBe(2);
    expect(rates.received.messages).toBeGreaterThan(2);
    expect(rates.received.bytes / rates.received.messages).toBeCloseTo(linesOf(1, 2).length / 2);
    expect(rates.sent).toEqual({ messages: 0, bytes: 0 });
  });

  it('ends with a last sample when the channel ends', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const { completed } = collect(metrics$(channel, 60_000));
    transport.receive(linesOf(1));
    channel.destroy();
    const samples = await completed;
    expect(samples.map(({ received }) => received.messages)).toEqual([1]);
  });

  it('has no delays until somebody wants them recorded', async () => {
    const channel = open(new ScriptedTransport());
    const { completed } = collect(metrics$(channel, 60_000));
    channel.send(1);
    await channel.flush();
    channel.destroy();
    expect((await completed).map(({ queueDelayNs }) => queueDelayNs)).toEqual([undefined]);
  });

  it('has the delays since the last sample, whoever else looks at them', () => {
    onTestFinished(() => void vi.useRealTimers());
    vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
    const { send, channel } = sending();
    const { values } = collect(metrics$(channel, 100));
    const delay = channel.queueDelay();
    for (const ms of [10, 20, 40]) send(ms);
    vi.advanceTimersByTime(30);
    delay.reset();
    vi.advanceTimersByTime(100);
    for (const ms of [1, 2]) send(ms);
    vi.advanceTimersByTime(100);
    expect(values.map(({ queueDelayNs }) => queueDelayNs && inMs(queueDelayNs))).toEqual([
      { p50: 20, p99: 40, max: 40 },
      undefined,
      { p50: 1, p99: 2, max: 2 },
    ]);
    expect(delay.count).toBe(2);
  });

  it('watches delays no longer when unsubscribed', () => {
    const { channel } = sending();
    const stop = vi.fn();
    channel.watchQueueDelay = () => stop;
    const subscription = metrics$(channel, 60_000).subscribe();
    expect(stop).not.toHaveBeenCalled();
    subscription.unsubscribe();
    expect(stop).toHaveBeenCalledTimes(1);
  });

  it('stops sampling when unsubscribed', async () => {
    const channel = open(new ScriptedTransport());
    const samples: unknown[] = [];
    metrics$(channel, 60_000)
      .subscribe(sample => samples.push(sample))
      .unsubscribe();
    channel.destroy();
    await channel.closed;
    expect(samples).toEqual([]);
  });
});

/** A channel, and a way to send a message that waits so long. */
function sending() {
  const transport = new ScriptedTransport('by hand');
  const channel = channelOver(transport, planOf({ maxBatchBytes: 1 }), { keepAlive: 'always' });
  return { channel, send };

  function send(waitMs: number): void {
    channel.send(waitMs);
    vi.advanceTimersByTime(waitMs);
    transport.take();
  }
}

/** Within 1 %. */
function inMs(summary: QueueDelaySummary) {
  const { p50, p99, max } = summary;
  return { p50: Math.round(p50 / 1e6), p99: Math.round(p99 / 1e6), max: Math.round(max / 1e6) };
}
