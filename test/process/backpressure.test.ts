import { setTimeout as delay } from 'node:timers/promises';
import { fork, type IpcError } from 'deka-ipc';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fixture } from '../support/processes.js';

const MB = 1_000_000;

interface Numbered {
  readonly id: number;
  readonly rss: number;
}

describe('backpressure between processes', () => {
  it('a loop that takes one message every 10 ms holds back an endless sender: neither side grows', async () => {
    const child = fork<never, Numbered>(fixture('endless'));
    const end = performance.now() + 10_000;
    let expected = 0;
    let startRss: { here: number; there: number } | undefined;
    let growth = { here: 0, there: 0 };
    for await (const { id, rss } of child) {
      expect(id).toBe(expected);
      expected += 1;
      const now = { here: process.memoryUsage.rss(), there: rss };
      startRss ??= now;
      growth = { here: now.here - startRss.here, there: now.there - startRss.there };
      if (performance.now() > end) break;
      await delay(10);
    }
    expect(expected).toBeGreaterThan(100);
    expect(growth.here).toBeLessThan(64 * MB);
    expect(growth.there).toBeLessThan(64 * MB);
    expect(child.metrics().received.messages).toBeLessThan(expected + 1000);
    child.destroy();
    await child.exited;
  });

  it('a stopped child makes send return false and ERR_QUEUE_FULL bound the queue; what was accepted arrives', async () => {
    const child = fork<{ id: number }, unknown>(fixture('count'), [], { maxQueueBytes: MB });
    child.send({ id: 0 });
    await child.flush();
    child.process.kill('SIGSTOP');
    let accepted = 1;
    let refused: IpcError | undefined;
    let full = false;
    while (refused === undefined) {
      try {
        if (!child.send({ id: accepted })) full = true;
        accepted += 1;
        if (accepted % 1000 === 0) await new Promise(setImmediate);
      } catch (error) {
        refused = error as IpcError;
      }
    }
    expect(full).toBe(true);
    expect(refused.code).toBe('ERR_QUEUE_FULL');
    expect(child.queuedBytes).toBeLessThanOrEqual(MB);
    child.process.kill('SIGCONT');
    const answer = firstValueFrom(child.messages$);
    await child.close();
    expect(await answer).toEqual({ count: accepted, wrong: 0 });
  });

  it('a parent that consumes nothing holds back its child, and still gets everything later', async () => {
    const child = fork<never, Numbered>(fixture('endless'));
    await expect.poll(() => child.metrics().received.messages).toBeGreaterThan(0);
    let before = -1;
    await expect
      .poll(() => {
        const { messages } = child.metrics().received;
        const still = messages === before;
        before = messages;
        return still;
      })
      .toBe(true);
    let expected = 0;
    for await (const { id } of child) {
      expect(id).toBe(expected);
      expected += 1;
      if (expected > before + 100) break;
    }
    child.destroy();
    await child.exited;
  });
});
