import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  forked,
  inParentProcess,
  MODULES,
  MODULES_AT_PLACES,
  type Module,
  type Program,
  printed,
  type Serialization,
} from '../support/faces.js';

const BOTH: readonly Serialization[] = ['json', 'advanced'];

describe.each(MODULES_AT_PLACES)("'message' of %s, %s", (_module, _place, module, place) => {
  it.concurrent('has two arguments, the second undefined', async () => {
    const told = await place.run(module, async end => {
      const args = new Promise<unknown[]>(resolve => end.once('message', (...all) => resolve(all)));
      end.send({ a: [1] });
      const all = await args;
      return { message: all[0], handle: String(all[1]), length: all.length };
    });
    expect(told).toEqual({ message: { a: [1] }, handle: 'undefined', length: 2 });
  });

  it.concurrent('comes in order, to every listener', async () => {
    const told = await place.run(module, async (end, { next }) => {
      const arrived = [next(end, 300), next(end, 3)];
      for (let id = 0; id < 300; id += 1) end.send({ id });
      const [all, few] = await Promise.all(arrived);
      return { all, few };
    });
    const ids = Array.from({ length: 300 }, (_, id) => ({ id }));
    expect(told).toEqual({ all: ids, few: ids.slice(0, 3) });
  });

  it.concurrent("does not come for what is internal; 'internalMessage' does", async () => {
    const told = await place.run(module, async (end, { next }) => {
      const log: unknown[] = [];
      end.on('message', message => log.push(['message', message]));
      end.on('internalMessage', message => log.push(['internalMessage', message]));
      const arrived = next(end, 8);
      end.send({ cmd: 'NODE_x', more: 1 });
      end.send({ cmd: 'NODE_' });
      end.send({ cmd: 'node_x' });
      end.send({ cmd: 'xNODE_x' });
      end.send({ cmd: 1 });
      end.send({ msg: { cmd: 'NODE_x' } });
      end.send('NODE_x');
      end.send([{ cmd: 'NODE_x' }]);
      end.send('last');
      await arrived;
      return log;
    });
    // An echo does not get what is internal, so it does not come back: the sides are tried one by one below.
    expect(told).toEqual([
      ['message', { cmd: 'NODE_' }],
      ['message', { cmd: 'node_x' }],
      ['message', { cmd: 'xNODE_x' }],
      ['message', { cmd: 1 }],
      ['message', { msg: { cmd: 'NODE_x' } }],
      ['message', 'NODE_x'],
      ['message', [{ cmd: 'NODE_x' }]],
      ['message', 'last'],
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

/** Three messages that are read in one chunk, because who reads them is busy until all have come. */
async function readByParent(module: Module, onStart: (child: ReturnType<Module['fork']>) => void) {
  const folder = await mkdtemp(join(tmpdir(), 'deka-'));
  const file = join(folder, 'sent');
  const program = (name: string) => {
    process.send?.(1);
    process.send?.(2);
    process.send?.(3, () => process.getBuiltinModule('node:fs').writeFileSync(name, ''));
  };
  const child = forked(module, program as Program, {}, file);
  onStart(child);
  while (!existsSync(file));
  await once(child, 'close');
  await rm(folder, { recursive: true });
}

/** As {@link readByParent}: the program is told by its stdin that all have come. */
async function readByChild(module: Module, program: Program): Promise<unknown> {
  const child = forked(module, program, { silent: true });
  child.send(1);
  child.send(2);
  child.send(3, () => child.stdin?.end('sent'));
  const output = printed(child);
  await once(child, 'message');
  child.disconnect();
  return await output;
}

const TICKS = [
  '1',
  '2',
  '3',
  'tick of 1',
  'tick of 2',
  'tick of 3',
  'promise of 1',
  'promise of 2',
  'promise of 3',
];

// Node empties the queue of ticks before it looks at promises: none goes on between two messages of one chunk.
describe.each(MODULES)('messages of %s that come together', (name, module) => {
  it('are emitted one a tick, before ticks and promises of their listeners: parent', async () => {
    const log: string[] = [];
    await readByParent(module, child => {
      child.on('message', message => {
        log.push(String(message));
        process.nextTick(() => log.push(`tick of ${message}`));
        void Promise.resolve().then(() => log.push(`promise of ${message}`));
      });
    });
    expect(log).toEqual(TICKS);
  });

  it('are emitted one a tick, before ticks and promises of their listeners: child', async () => {
    const log = await readByChild(module, () => {
      const lines: string[] = [];
      process.on('message', message => {
        lines.push(String(message));
        process.nextTick(() => lines.push(`tick of ${message}`));
        void Promise.resolve().then(() => lines.push(`promise of ${message}`));
        if (message === 3) setImmediate(() => process.send?.('done'));
      });
      process.on('disconnect', () => process.stdout.write(JSON.stringify(lines)));
      process.getBuiltinModule('node:fs').readSync(0, Buffer.alloc(4));
    });
    expect(log).toEqual(TICKS);
  });

  it('go on after a listener has thrown: child', async () => {
    const log = await readByChild(module, () => {
      const lines: unknown[] = [];
      process.on('uncaughtException', error => lines.push(error.message));
      process.on('message', message => {
        lines.push(message);
        if (message === 3) setImmediate(() => process.send?.('done'));
        throw new Error(`at ${message}`);
      });
      process.on('message', () => lines.push('never: the first listener has thrown'));
      process.on('disconnect', () => process.stdout.write(JSON.stringify(lines)));
      process.getBuiltinModule('node:fs').readSync(0, Buffer.alloc(4));
    });
    expect(log).toEqual([1, 'at 1', 2, 'at 2', 3, 'at 3']);
  });

  it('go on after a listener has thrown: parent', async () => {
    const { output, errors, code } = await inParentProcess(name, (faces, run) => {
      const program = () => {
        for (const message of [1, 2, 3]) process.send?.(message);
      };
      const log: unknown[] = [];
      process.on('uncaughtException', error => log.push(error.message));
      const child = faces.fork(run, [String(program)]);
      child.on('message', message => {
        log.push(message);
        throw new Error(`at ${message}`);
      });
      child.on('close', () => console.log(JSON.stringify(log)));
    });
    expect({ errors, code }).toEqual({ errors: '', code: 0 });
    expect(JSON.parse(output)).toEqual([1, 'at 1', 2, 'at 2', 3, 'at 3']);
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
