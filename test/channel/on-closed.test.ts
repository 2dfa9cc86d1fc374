import { describe, expect, it, vi } from 'vitest';
import { metrics$ } from '../../src/channel/metrics.js';
import { onClosed } from '../../src/channel/on-closed.js';
import { open } from '../../src/channel/open.js';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';
import { turns } from '../support/collect.js';
import { alive, collectGarbage } from '../support/garbage.js';

describe('onClosed', () => {
  it('tells everybody who is there the reason, and nobody who has left', async () => {
    const channel = open(new ScriptedTransport());
    const stays = vi.fn();
    const leaves = vi.fn();
    onClosed(channel, stays);
    onClosed(channel, leaves)();
    channel.destroy();
    await channel.closed;
    expect(stays.mock.calls).toEqual([['local']]);
    expect(leaves).not.toHaveBeenCalled();
  });

  it('tells who comes when the channel has ended', async () => {
    const channel = open(new ScriptedTransport());
    channel.destroy();
    onClosed(channel, () => {});
    await channel.closed;
    const late = vi.fn();
    onClosed(channel, late);
    await vi.waitFor(() => expect(late).toHaveBeenCalledWith('local'));
  });
});

describe('a channel that has ended', () => {
  it('is not kept for the exit of the process with what it could not send', async () => {
    const transports: WeakRef<object>[] = [];
    for (let n = 0; n < 50; n += 1) {
      const transport = new ScriptedTransport('by hand');
      const channel = open(transport);
      channel.send('under way');
      await turns();
      channel.send('queued');
      channel.destroy();
      transports.push(new WeakRef(transport));
    }
    await collectGarbage();
    expect(alive(transports)).toBeLessThan(5);
  });
});

describe('a channel that lives long', () => {
  it('keeps nothing of each sendAll', async () => {
    const channel = open(new ScriptedTransport());
    const signals: WeakRef<object>[] = [];
    for (let n = 0; n < 50; n += 1) {
      const { signal } = new AbortController();
      signals.push(new WeakRef(signal));
      await channel.sendAll([n], { signal });
    }
    await collectGarbage();
    expect(alive(signals)).toBeLessThan(5);
    expect(channel.connected).toBe(true);
  });

  it('keeps nothing of each subscriber to its metrics', async () => {
    const channel = open(new ScriptedTransport());
    const snapshots: WeakRef<object>[] = [];
    const { metrics } = channel;
    channel.metrics = () => {
      const snapshot = metrics.call(channel);
      snapshots.push(new WeakRef(snapshot));
      return snapshot;
    };
    for (let n = 0; n < 50; n += 1) metrics$(channel).subscribe().unsubscribe();
    expect(snapshots).toHaveLength(50);
    await collectGarbage();
    expect(alive(snapshots)).toBeLessThan(5);
    expect(channel.connected).toBe(true);
  });
});
