import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { eventsOf, forked, MODULES, MODULES_AT_PLACES, printed, spawned } from '../support/faces.js';

const disconnected = {
  name: 'Error',
  code: 'ERR_IPC_DISCONNECTED',
  message: 'IPC channel is already disconnected',
};

describe.each(MODULES_AT_PLACES)('disconnect of %s, %s', (_module, _place, module, place) => {
  it.concurrent("is not connected at once, and emits 'disconnect' on the next tick", async () => {
    const told = await place.run(module, async end => {
      const before = [end.connected, end.channel === null];
      const log: unknown[] = [];
      end.on('disconnect', (...args) => log.push(['disconnect', ...args]));
      process.nextTick(() => log.push('a tick from before'));
      const returned = String(end.disconnect());
      const after = [end.connected, end.channel === null];
      process.nextTick(() => log.push('a tick from after'));
      log.push('returned');
      await new Promise(setImmediate);
      return { before, returned, after, log };
    });
    expect(told).toEqual({
      before: [true, false],
      returned: 'undefined',
      after: [false, true],
      log: ['returned', 'a tick from before', ['disconnect'], 'a tick from after'],
    });
  });

  it.concurrent("emits 'error' ERR_IPC_DISCONNECTED at once if not connected", async () => {
    const told = await place.run(module, async (end, { describe, thrown, turns }) => {
      const log: unknown[] = [];
      end.on('disconnect', () => log.push('disconnect'));
      end.disconnect();
      const withoutListener = thrown(() => end.disconnect());
      end.on('error', error => log.push(describe(error)));
      end.disconnect();
      log.push('returned');
      await turns();
      end.disconnect();
      return { log, withoutListener };
    });
    expect(told).toEqual({
      log: [disconnected, 'returned', 'disconnect', disconnected],
      withoutListener: disconnected,
    });
  });

  it.concurrent('delivers what was sent just before', async () => {
    const told = await place.run(module, async end => {
      const arrived = new Promise(resolve => end.once('message', resolve));
      end.send('first');
      return await arrived;
    });
    expect(told).toBe('first');
  });
});

// One after another: libuv reaps every child at once, so the death of another could bring 'exit' before what came last.
describe.each(MODULES)('disconnect of %s', (_name, module) => {
  it("by the child: the parent emits 'disconnect' too, before 'exit' and 'close'", async () => {
    const child = forked(module, () => {
      process.on('message', () => {
        process.send?.('last');
        process.disconnect();
      });
    });
    const events = eventsOf(child);
    child.send('go');
    await once(child, 'disconnect');
    expect([child.connected, child.channel]).toEqual([false, null]);
    expect(child.send('late', () => {})).toBe(false);
    await once(child, 'close');
    expect(events).toEqual(['spawn', 'message', 'disconnect', 'exit', 'close']);
  });

  it("by the parent: the child emits 'disconnect' too, and may go on", async () => {
    const program = () => {
      const log: unknown[] = [];
      process.on('message', message => log.push(message));
      process.on('disconnect', (...args: unknown[]) => {
        log.push(['disconnect', ...args], process.connected, String(process.channel));
        log.push(process.send?.('late', () => process.stdout.write(JSON.stringify(log))));
      });
    };
    const child = forked(module, program, { silent: true });
    const events = eventsOf(child);
    child.send('one');
    child.send('two');
    child.disconnect();
    expect(await printed(child)).toEqual(['one', 'two', ['disconnect'], false, 'null', false]);
    expect(events.filter(name => name !== 'close')).toEqual(['spawn', 'disconnect', 'exit']);
  });

  it('by the end of the child: what it sent comes first', async () => {
    const child = forked(module, () => {
      process.send?.('one');
      process.send?.('two');
    });
    const events = eventsOf(child);
    await once(child, 'close');
    expect(events).toEqual(['spawn', 'message', 'message', 'disconnect', 'exit', 'close']);
    expect([child.connected, child.channel]).toEqual([false, null]);
  });

  it.each([
    ['a fork', false],
    ['a spawn', true],
  ])('by process.exit(), right after a small message: %s', async (_what, bySpawn) => {
    const program = () => {
      process.send?.({ small: true });
      process.exit(5);
    };
    const child = bySpawn ? spawned(module, program, 3, 'json') : forked(module, program);
    const events = eventsOf(child);
    const arrived = once(child, 'message');
    expect(await once(child, 'close')).toEqual([5, null]);
    expect((await arrived)[0]).toEqual({ small: true });
    expect(events).toEqual(['spawn', 'message', 'disconnect', 'exit', 'close']);
  });

  it('by a kill', async () => {
    const child = forked(module, () => process.on('message', () => {}));
    const events = eventsOf(child);
    await once(child, 'spawn');
    expect(child.kill('SIGKILL')).toBe(true);
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
    expect(events).toEqual(['spawn', 'disconnect', 'exit', 'close']);
  });

  it('by the parent, when the child ends the channel at the same time', async () => {
    const child = forked(module, () => {
      process.on('message', () => {
        process.disconnect();
        process.on('error', () => process.exit(9)); // it is connected until it disconnects itself
      });
    });
    const events = eventsOf(child);
    child.send('go');
    await once(child, 'disconnect');
    const ended = new Promise(resolve => child.on('close', (...how) => resolve(how)));
    child.disconnect();
    expect(await ended).toEqual([0, null]);
    expect(events).toEqual(['spawn', 'disconnect', 'error', 'exit', 'close']);
  });
});
