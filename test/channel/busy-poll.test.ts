import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Channel } from '../../src/channel/channel.js';
import { pair } from '../../src/channel/open.js';

/** Whether an event loop that has nothing to do goes on turning. */
async function polls(): Promise<boolean> {
  for (let n = 0; n < 5; n += 1) await turn();
  return process.getActiveResourcesInfo().includes('Immediate');
}

function asleep(): Promise<void> {
  return vi.waitFor(async () => expect(await polls()).toBe(false), { timeout: 5000 });
}

function busyPair(busyPoll: boolean | number | 'adaptive' = true) {
  const ends = pair({ busyPoll });
  onTestFinished(() => {
    for (const end of ends) end.destroy();
  });
  return ends;
}

/** Whether the loop turns right after a message has left that came soon after one from the other end. */
async function looksForAnswers([channel, peer]: readonly [Channel, Channel]): Promise<boolean> {
  const arrivals = channel[Symbol.asyncIterator]();
  for (let n = 0; n < 100; n += 1) {
    peer.send(n);
    await arrivals.next();
    channel.send(n);
    await channel.flush();
    if (process.getActiveResourcesInfo().includes('Immediate')) return true;
  }
  return false;
}

describe('busyPoll', () => {
  it('by default lets an idle event loop sleep', async () => {
    const ends = pair();
    expect(await polls()).toBe(false);
    for (const end of ends) end.destroy();
  });

  it('by default looks for an answer, where there is a processor that can give it', async () => {
    expect(await looksForAnswers(busyPair('adaptive'))).toBe(availableParallelism() > 1);
    await asleep();
  });

  it('by default looks for nothing once the process need not wait for the channel', async () => {
    const ends = busyPair('adaptive');
    for (const end of ends) end.unref();
    expect(await looksForAnswers(ends)).toBe(false);
  });

  it('false never looks for an answer', async () => {
    expect(await looksForAnswers(busyPair(false))).toBe(false);
  });

  it('keeps the event loop from sleeping until the last channel that wants it has ended', async () => {
    const [left, right] = busyPair();
    expect(await polls()).toBe(true);
    left.destroy();
    await right.closed;
    expect(await polls()).toBe(false);
  });

  it('goes with ref and unref, however often', async () => {
    const [left, right] = busyPair();
    for (const end of [left, right]) end.unref().unref();
    expect(await polls()).toBe(false);
    left.ref().ref();
    expect(await polls()).toBe(true);
    left.unref();
    expect(await polls()).toBe(false);
  });

  it('is over for good when the channel is', async () => {
    const [left, right] = busyPair();
    left.destroy();
    await right.closed;
    left.ref();
    right.ref();
    await asleep();
  });

  it('goes on turning under a clock that stands still', async () => {
    const stopped = vi.spyOn(performance, 'now').mockReturnValue(0);
    onTestFinished(() => stopped.mockRestore());
    busyPair();
    for (let n = 0; n < 6000; n += 1) await turn();
    expect(process.getActiveResourcesInfo()).toContain('Immediate');
  });

  it('as a number is over so many microseconds after something moved', async () => {
    const [left, right] = busyPair(200_000);
    await asleep();
    left.send('awake');
    await firstValueFrom(right.messages$);
    const begin = performance.now();
    expect(await polls()).toBe(true);
    await asleep();
    expect(performance.now() - begin).toBeGreaterThan(150);
  });

  it('as a number is for channels that keep the process alive', async () => {
    const [left, right] = busyPair(1_000_000);
    for (const end of [left, right]) end.unref();
    await asleep();
    left.send('unseen');
    await firstValueFrom(right.messages$);
    expect(await polls()).toBe(false);
  });

  it.each([0, -1, 1_000_001, Number.NaN, Number.POSITIVE_INFINITY, '200'])('is not %s', busyPoll => {
    expect(() => pair({ busyPoll: busyPoll as number })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    );
  });

  it('delivers as ever', async () => {
    const [left, right] = busyPair();
    const received: unknown[] = [];
    right.messages$.subscribe(message => received.push(message));
    left.sendMany([1, 2, 3]);
    await left.close();
    expect(received).toEqual([1, 2, 3]);
  });
});
