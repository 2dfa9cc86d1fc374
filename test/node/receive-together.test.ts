import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { forked, inParentProcess, MODULES, type Module, type Program, printed } from '../support/faces.js';

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
