import type { DiagnosticsMessages } from 'deka-ipc';
import { describe, expect, it, vi } from 'vitest';
import { publish } from '../../src/channel/diagnostics.js';
import { FAILURES_PER_SECOND } from '../../src/channel/failures.js';
import { channelOver, open } from '../../src/channel/open.js';
import { planOf } from '../../src/channel/options.js';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';
import { collect } from '../support/collect.js';
import { line } from '../support/deka-lines.js';
import { publishedAs } from '../support/diagnostics.js';
import { code } from '../support/errors.js';
import { uncaughtDuring } from '../support/uncaught.js';

const NAMES = ['open', 'close', 'badFrame', 'drain'].map(
  event => `deka-ipc:channel:${event}` as keyof DiagnosticsMessages,
);

describe('open', () => {
  it('has the channel, with the members of its kind, before anything is read', () => {
    const transport = new ScriptedTransport();
    const seen: unknown[] = [];
    const opened = publishedAs('deka-ipc:channel:open', ({ channel }) => {
      seen.push({
        connected: channel.connected,
        observed: transport.bytes$.observed,
        own: 'exited' in channel,
      });
    });
    const channel = channelOver(transport, planOf({}), { keepAlive: 'always', members: { exited: 1 } });
    expect(opened).toEqual([{ channel }]);
    expect(opened[0]?.channel).toBe(channel);
    expect(seen).toEqual([{ connected: true, observed: false, own: true }]);
  });

  it('leaves a channel that a subscriber destroys alone', async () => {
    const transport = new ScriptedTransport();
    const read = vi.spyOn(transport.bytes$, 'subscribe');
    publishedAs('deka-ipc:channel:open', ({ channel }) => channel.destroy());
    const closed = publishedAs('deka-ipc:channel:close');
    const channel = open(transport, { signal: AbortSignal.abort() });
    expect(read).not.toHaveBeenCalled();
    expect(closed).toEqual([{ channel, reason: 'local' }]);
    expect(await channel.closed).toBe('local');
  });

  it('comes before close, even if the link is dead from the start', () => {
    const order: string[] = [];
    publishedAs('deka-ipc:channel:open', () => order.push('open'));
    publishedAs('deka-ipc:channel:close', ({ reason }) => order.push(`close ${reason}`));
    const transport = new ScriptedTransport();
    transport.break(Object.assign(new Error('gone'), { code: 'EPIPE' }));
    open(transport);
    expect(order).toEqual(['open', 'close peer']);
  });
});

describe('close', () => {
  it('has the reason, once', async () => {
    const closed = publishedAs('deka-ipc:channel:close');
    const transport = new ScriptedTransport();
    const channel = open(transport);
    transport.break(new Error('torn'));
    channel.destroy();
    const reason = await channel.closed;
    expect(reason).toEqual({ error: code('ERR_TRANSPORT') });
    expect(closed).toEqual([{ channel, reason }]);
    expect(closed[0]?.channel.connected).toBe(false);
  });
});

describe('badFrame', () => {
  it('has the error, whether somebody subscribes to failures$ or not', () => {
    const bad = publishedAs('deka-ipc:channel:badFrame');
    const transport = new ScriptedTransport();
    const channel = open(transport);
    transport.receive(`oops\n${line(1)}`);
    const { values } = collect(channel.failures$);
    transport.receive('{}\n');
    expect(bad).toEqual([
      { channel, error: code('ERR_DECODE') },
      { channel, error: code('ERR_BAD_ENVELOPE') },
    ]);
    expect(bad.map(({ error }) => error)).toEqual(values);
    channel.destroy();
  });

  it('comes before the close that it leads to', () => {
    const order: string[] = [];
    publishedAs('deka-ipc:channel:badFrame', () => order.push('badFrame'));
    publishedAs('deka-ipc:channel:close', () => order.push('close'));
    const transport = new ScriptedTransport();
    open(transport, { onBadFrame: 'close' });
    transport.receive('oops\n');
    expect(order).toEqual(['badFrame', 'close']);
  });

  it('is summed up in a flood, as on failures$', () => {
    const bad = publishedAs('deka-ipc:channel:badFrame');
    const transport = new ScriptedTransport();
    const channel = open(transport);
    for (let chunk = 0; chunk < 50; chunk += 1) transport.receive('oops\n'.repeat(500));
    channel.destroy();
    expect(bad.length).toBeLessThanOrEqual(FAILURES_PER_SECOND + 1);
    expect(bad.reduce((sum, { error: { count = 1 } }) => sum + count, 0)).toBe(25_000);
  });
});

describe('drain', () => {
  it('has what is still queued, before drain$ fires', async () => {
    const transport = new ScriptedTransport('by hand');
    const channel = open(transport, { maxBatchBytes: 1, highWaterMarkBytes: 400, lowWaterMarkBytes: 200 });
    const order: unknown[] = [];
    publishedAs('deka-ipc:channel:drain', message => order.push(message));
    channel.drain$.subscribe(() => order.push('drain$'));
    const text = 'x'.repeat(100);
    channel.send(text);
    channel.send(text);
    expect(channel.send(text)).toBe(false);
    transport.take();
    expect(order).toEqual([]);
    transport.take();
    expect(order).toEqual([{ channel, queuedBytes: line(text).length }, 'drain$']);
    channel.destroy();
  });
});

describe('publishing', () => {
  it('makes no message for nobody', () => {
    const message = vi.fn();
    for (const name of NAMES) publish(name, message);
    expect(message).not.toHaveBeenCalled();
  });

  it('hurts no channel when subscribers throw: that is uncaught, and the channel goes on', async () => {
    const boom = new Error('boom');
    const order: string[] = [];
    for (const name of NAMES)
      publishedAs(name, () => {
        order.push(name);
        throw boom;
      });
    const transport = new ScriptedTransport('by hand');
    const arrived: unknown[] = [];
    const uncaught = await uncaughtDuring(NAMES.length, () => {
      const channel = open(transport, { maxBatchBytes: 1, highWaterMarkBytes: 1 });
      channel.messages$.subscribe(message => arrived.push(message));
      transport.receive(`oops\n${line(1)}`);
      channel.send('hello');
      transport.take();
      channel.destroy();
    });
    expect(uncaught).toEqual(NAMES.map(() => boom));
    expect(order.map(name => name.split(':')[2])).toEqual(['open', 'badFrame', 'drain', 'close']);
    expect(arrived).toEqual([1]);
    expect(transport.written).toEqual([line('hello')]);
  });
});
