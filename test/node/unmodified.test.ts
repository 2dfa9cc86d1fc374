import { type ChildProcess, ChildProcess as NodeChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as ourModule from 'deka-ipc/child_process';
import { describe, expect, it } from 'vitest';
import { forked, MODULES, MODULES_AT_PLACES, type Module } from '../support/faces.js';

// What programs do that were written for Node, and that change nothing but the import.

/** More than the kernel and the intake take while nobody reads. */
const MUCH = 900_000;

function withMuch(rest: (much: number) => unknown): (much: number) => unknown {
  const program = `much => { for (let sent = 0; sent < much; sent += 1000) process.send('x'.repeat(1000)); (${rest})(much); }`;
  return Object.assign(rest, { toString: () => program });
}

describe.each(MODULES)('a program written for %s', (name, module) => {
  it.concurrent('sees a child end that it listens to once', async () => {
    const child = forked(module, withMuch(() => {}) as never, {}, MUCH);
    child.once('message', () => {});
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it.concurrent('has a child that stays until it is disconnected, with messages that it does not read', async () => {
    const child = forked(
      module,
      (() => {
        process.on('disconnect', () => process.exit(7));
        process.stdout.write('up');
      }) as never,
      { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
    );
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    const sent = new Promise(resolve => {
      for (let n = 0; n < 300; n += 1) child.send('x'.repeat(1000), n === 299 ? resolve : () => {});
    });
    await sent;
    expect(child.exitCode).toBeNull();
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  it.concurrent('hears messages again after removeAllListeners()', async () => {
    const child = forked(module, (() => {
      process.on('message', message => process.send?.(message));
    }) as never);
    child.removeAllListeners();
    child.send('still there?');
    expect(await once(child, 'message')).toEqual(['still there?', undefined]);
    child.disconnect();
    await once(child, 'exit');
  });

  it.concurrent('delivers what a child sends that has cleared the listeners of exit', async () => {
    const child = forked(module, (() => {
      for (let n = 0; n < 10; n += 1) process.send?.(n);
      process.removeAllListeners('exit');
      for (let n = 10; n < 20; n += 1) process.send?.(n);
      process.exit();
    }) as never);
    const messages: unknown[] = [];
    child.on('message', message => messages.push(message));
    await once(child, 'close');
    expect(messages).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it.concurrent('is told at once by a child that then holds its event loop', async () => {
    const child = forked(
      module,
      (() => {
        process.send?.('name?');
        const { readSync } = process.getBuiltinModule('node:fs');
        const bytes = Buffer.alloc(3);
        readSync(0, bytes);
        process.send?.(String(bytes));
      }) as never,
      { stdio: ['pipe', 'inherit', 'inherit', 'ipc'] },
    );
    expect(await once(child, 'message')).toEqual(['name?', undefined]);
    child.stdin?.write('Ann');
    expect(await once(child, 'message')).toEqual(['Ann', undefined]);
    await once(child, 'exit');
  });

  it('imports it by default', async () => {
    const { default: whole } = (await import(name)) as { default: Module };
    expect(Object.keys(whole).sort()).toEqual(
      Object.keys(await import(name))
        .filter(key => key !== 'default')
        .sort(),
    );
    expect(whole.fork).toBe(module.fork);
  });
});

describe.each(MODULES_AT_PLACES)('a callback of send in %s, %s', (_module, _place, module, place) => {
  it.concurrent('runs in the context of its own send', async () => {
    const contexts = await place.run(module, async end => {
      const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');
      const store = new AsyncLocalStorage<string>();
      const send = (name: string) =>
        store.run(name, () => new Promise(resolve => end.send(name, () => resolve(store.getStore()))));
      return Promise.all([...'abcdefgh'].map(send));
    });
    expect(contexts).toEqual([...'abcdefgh']);
  });
});

describe('ChildProcess', () => {
  it('has every child as an instance, and a subclass its own', async () => {
    class Own extends ourModule.ChildProcess {}
    const child: ChildProcess = ourModule.spawn('true');
    expect(child).toBeInstanceOf(ourModule.ChildProcess);
    expect(child).toBeInstanceOf(NodeChildProcess);
    expect(child).not.toBeInstanceOf(Own);
    await once(child, 'exit');
  });
});
