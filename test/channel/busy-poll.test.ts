import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { pair } from '../../src/channel/open.js';

/** Whether an event loop that has nothing to do goes on turning. */
async function polls(): Promise<boolean> {
  for (let n = 0; n < 5; n += 1) await turn();
  return process.getActiveResourcesInfo().includes('Immediate');
}

function busyPair() {
  const ends = pair({ busyPoll: true });
  onTestFinished(() => {
    for (const end of ends) end.destroy();
  });
  return ends;
}

describe('busyPoll', () => {
  it('is off by default', async () => {
    const ends = pair();
    expect(await polls()).toBe(false);
    for (const end of ends) end.destroy();
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
    await vi.waitFor(async () => expect(await polls()).toBe(false));
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
