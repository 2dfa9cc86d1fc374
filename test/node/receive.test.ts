import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { forked, MODULES, MODULES_AT_PLACES, printed, type Serialization } from '../support/faces.js';

const BOTH: readonly Serialization[] = ['json', 'advanced'];

describe.each(MODULES_AT_PLACES)("'message' of %s, %s", (_module, _place, module, place) => {
  it.concurrent('comes in order to every listener, with a message and undefined', async () => {
    const told = await place.run(module, async (end, { next }) => {
      const first = new Promise<unknown[]>(resolve => end.once('message', (...all) => resolve(all)));
      const arrived = [next(end, 300), next(end, 3)];
      for (let id = 0; id < 300; id += 1) end.send({ id });
      const [all, few] = await Promise.all(arrived);
      const [message, handle, ...more] = await first;
      return { all, few, first: { message, handle: String(handle), more } };
    });
    const ids = Array.from({ length: 300 }, (_, id) => ({ id }));
    expect(told).toEqual({
      all: ids,
      few: ids.slice(0, 3),
      first: { message: { id: 0 }, handle: 'undefined', more: [] },
    });
  });

  it.concurrent('does not come for what is internal: an object whose cmd begins with NODE_ and goes on', async () => {
    const arrived = await place.run(module, async (end, { next }) => {
      const messages = next(end, 8);
      end.send({ cmd: 'NODE_x', more: 1 });
      end.send({ cmd: 'NODE_' });
      end.send({ cmd: 'node_x' });
      end.send({ cmd: 'xNODE_x' });
      end.send({ cmd: 1 });
      end.send({ msg: { cmd: 'NODE_x' } });
      end.send('NODE_x');
      end.send([{ cmd: 'NODE_x' }]);
      end.send('last');
      return await messages;
    });
    expect(arrived).toEqual([
      { cmd: 'NODE_' },
      { cmd: 'node_x' },
      { cmd: 'xNODE_x' },
      { cmd: 1 },
      { msg: { cmd: 'NODE_x' } },
      'NODE_x',
      [{ cmd: 'NODE_x' }],
      'last',
    ]);
  });
});

describe.each(MODULES)("'internalMessage' of %s", (_name, module) => {
  it.concurrent.each(BOTH)('comes to the parent, in its place: %s', async serialization => {
    const program = () => {
      process.send?.(1);
      process.send?.({ cmd: 'NODE_x', more: [1] });
      process.send?.(2);
    };
    const child = forked(module, program, { serialization });
    const log: unknown[] = [];
    child.on('message', (...args) => log.push(args));
    child.on('internalMessage', (...args: unknown[]) => log.push(args));
    await once(child, 'close');
    expect(log).toEqual([
      [1, undefined],
      [{ cmd: 'NODE_x', more: [1] }, undefined],
      [2, undefined],
    ]);
  });

  it.concurrent.each(BOTH)('comes to the child, in its place: %s', async serialization => {
    const program = () => {
      const log: unknown[] = [];
      process.on('message', message => log.push(message));
      process.on('internalMessage' as 'message', message => log.push(['internal', message]));
      process.on('disconnect', () => process.stdout.write(JSON.stringify(log)));
    };
    const child = forked(module, program, { silent: true, serialization });
    child.send(1);
    child.send({ cmd: 'NODE_x' });
    child.send(2);
    child.disconnect();
    expect(await printed(child)).toEqual([1, ['internal', { cmd: 'NODE_x' }], 2]);
  });

  it.concurrent("comes to the parent with nobody listening to 'message', whose messages wait", async () => {
    const program = () => {
      process.send?.(1);
      process.send?.({ cmd: 'NODE_x' });
      process.on('message', () => process.disconnect());
    };
    const child = forked(module, program);
    expect(await once(child, 'internalMessage')).toEqual([{ cmd: 'NODE_x' }, undefined]);
    const arrived = once(child, 'message');
    expect(await arrived).toEqual([1, undefined]);
    child.send('leave');
    await once(child, 'close');
  });
});

describe.each(MODULES)('messages of %s before the first listener', (_name, module) => {
  it('wait for it, in order: parent', async () => {
    const program = () => {
      process.on('disconnect', () => {});
      for (const message of [1, 2, 3]) process.send?.(message);
      process.send?.(4, () => process.stdout.write('sent'));
    };
    const child = forked(module, program, { silent: true });
    await once(child.stdout ?? child, 'data');
    await new Promise(setImmediate);
    const log: unknown[] = [];
    const all = new Promise<void>(resolve => {
      child.on('message', message => {
        log.push(message);
        if (message === 4) resolve();
      });
    });
    expect(log).toEqual([]); // not while a listener is added
    await all;
    expect(log).toEqual([1, 2, 3, 4]);
    child.disconnect();
    await once(child, 'exit');
  });

  it('wait for it, in order: child', async () => {
    const program = () => {
      process.stdin.once('data', () => {
        const log: unknown[] = [];
        process.on('message', message => log.push(message));
        process.on('disconnect', () => process.stdout.write(JSON.stringify(log)));
        process.send?.('listens');
      });
    };
    const child = forked(module, program, { silent: true });
    for (const message of [1, 2, 3]) child.send(message);
    child.send(4, () => child.stdin?.end('sent'));
    await once(child, 'message');
    child.disconnect();
    expect(await printed(child)).toEqual([1, 2, 3, 4]);
  });
});
