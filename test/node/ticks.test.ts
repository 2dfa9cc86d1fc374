import { describe, expect, it, vi } from 'vitest';
import { Ticks } from '../../src/node/ticks.js';
import { tools } from '../support/faces.js';

function nextTick(): Promise<void> {
  return new Promise(resolve => process.nextTick(resolve));
}

function listened() {
  const log: unknown[] = [];
  const listener = { wanted: true };
  const ticks = new Ticks<unknown>(
    value => log.push(value),
    () => listener.wanted,
  );
  return { log, listener, ticks };
}

describe('Ticks', () => {
  it('emits nothing in the tick of the push', async () => {
    const { log, ticks } = listened();
    ticks.push(1);
    expect(log).toEqual([]);
    await nextTick();
    expect(log).toEqual([1]);
  });

  it('emits each value in a tick of its own, in order with the ticks of others', async () => {
    const { log, ticks } = listened();
    ticks.push(1);
    process.nextTick(() => log.push('between'));
    ticks.push(2);
    await tools.turns(1);
    expect(log).toEqual([1, 'between', 2]);
  });

  it('puts the ticks of a listener behind the values that came together', async () => {
    const log: unknown[] = [];
    const ticks = new Ticks<number>(
      value => {
        log.push(value);
        process.nextTick(() => log.push(`tick of ${value}`));
      },
      () => true,
    );
    for (const value of [1, 2]) ticks.push(value);
    await tools.turns(1);
    expect(log).toEqual([1, 2, 'tick of 1', 'tick of 2']);
  });

  it('keeps values while nobody wants them, and emits them in order once woken', async () => {
    const { log, listener, ticks } = listened();
    listener.wanted = false;
    for (const value of [1, 2, 3]) ticks.push(value);
    await tools.turns(1);
    expect(log).toEqual([]);
    listener.wanted = true;
    ticks.wake();
    ticks.wake();
    ticks.push(4);
    expect(log).toEqual([]);
    await tools.turns(1);
    expect(log).toEqual([1, 2, 3, 4]);
  });

  it('does not let what comes later overtake what waits', async () => {
    const { log, listener, ticks } = listened();
    listener.wanted = false;
    ticks.push(1);
    await tools.turns(1);
    listener.wanted = true;
    ticks.push(2); // before anybody woke it
    await tools.turns(1);
    expect(log).toEqual([1]);
    ticks.wake();
    await tools.turns(1);
    expect(log).toEqual([1, 2]);
  });

  it('stops at the value after which nobody wants more', async () => {
    const log: unknown[] = [];
    let wanted = 1;
    const ticks = new Ticks<number>(
      value => {
        wanted -= 1;
        log.push(value);
      },
      () => wanted > 0,
    );
    for (const value of [1, 2, 3]) ticks.push(value);
    await tools.turns(1);
    expect(log).toEqual([1]);
    wanted = 2;
    ticks.wake();
    await tools.turns(1);
    expect(log).toEqual([1, 2, 3]);
  });

  it('takes a push from inside emit', async () => {
    const log: unknown[] = [];
    const ticks: Ticks<number> = new Ticks<number>(
      value => {
        log.push(value);
        if (value < 3) ticks.push(value + 1);
      },
      () => true,
    );
    ticks.push(1);
    await tools.turns(1);
    expect(log).toEqual([1, 2, 3]);
  });

  it('calls back when resting on a later tick, behind the values', async () => {
    const { log, ticks } = listened();
    ticks.push(1);
    ticks.whenResting(() => log.push('resting'));
    ticks.push(2);
    expect(log).toEqual([]);
    await tools.turns(1);
    expect(log).toEqual([1, 2, 'resting']);
  });

  it('rests with values that nobody wants', async () => {
    const { log, listener, ticks } = listened();
    listener.wanted = false;
    ticks.push(1);
    ticks.whenResting(() => log.push('resting'));
    await tools.turns(1);
    expect(log).toEqual(['resting']);
  });

  it('goes on after a listener has thrown', async () => {
    const runners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const uncaught = vi.fn();
    process.on('uncaughtException', uncaught);
    const log: unknown[] = [];
    const ticks = new Ticks<number>(
      value => {
        log.push(value);
        throw new Error(`at ${value}`);
      },
      () => true,
    );
    for (const value of [1, 2]) ticks.push(value);
    ticks.whenResting(() => log.push('resting'));
    await tools.turns();
    process.removeAllListeners('uncaughtException');
    for (const runner of runners) process.on('uncaughtException', runner);
    expect(log).toEqual([1, 2, 'resting']);
    expect(uncaught).toHaveBeenCalledTimes(2);
  });
});
