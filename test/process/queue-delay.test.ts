import { fork as nodeFork } from 'node:child_process';
import { fork, metrics$ } from 'deka-ipc';
import { describe, expect, it } from 'vitest';
import { collect } from '../support/collect.js';
import { fixture, outputOf } from '../support/processes.js';

describe('queueDelay()', () => {
  it.each([false, true])('says how long a stopped child held things up; handles: %s', async handles => {
    const child = fork(fixture('echo'), [], { handles });
    child.messages$.subscribe();
    const { completed } = collect(metrics$(child, 60_000));
    const delay = child.queueDelay();
    child.process.kill('SIGSTOP');
    for (let n = 0; n < 100; n += 1) child.send('x'.repeat(100_000)); // more than a socket holds
    expect(child.queuedBytes).toBeGreaterThan(0);
    const until = performance.now() + 20;
    while (performance.now() < until); // what is queued now cannot be taken before
    child.process.kill('SIGCONT');
    await child.close();
    expect(delay.count).toBe(child.metrics().writes);
    expect(delay.max).toBeGreaterThanOrEqual(20e6);
    const [sample] = await completed;
    expect(sample?.queueDelayNs?.max).toBe(delay.max);
  });

  it("records each message on the runtime's own channel", async () => {
    const child = nodeFork(fixture('plain-fork'), ['delay'], { silent: true });
    expect(JSON.parse(await outputOf(child))).toEqual({ count: 3, waited: true });
  });
});
