import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { metrics$ } from '../../src/channel/metrics.js';
import { open } from '../../src/channel/open.js';
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
