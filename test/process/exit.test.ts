import { spawn as nodeSpawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fork } from 'deka-ipc';
import { describe, expect, it } from 'vitest';
import { fixture } from '../support/processes.js';

const COUNT = 20_000;

describe('a process that ends with messages queued', () => {
  it.each([
    ['process.exit()', 'exit', 3],
    ['an uncaught exception', 'throw', 1],
    ['an unhandled rejection', 'reject', 1],
    ['its natural end', 'naturally', 0],
  ])('delivers them all: %s', async (_what, how, code) => {
    const child = fork<never, { id: number }>(fixture('exit'), [how, String(COUNT)], { stdio: 'ignore' });
    const ids: number[] = [];
    await child.messages$.forEach(({ id }) => void ids.push(id));
    expect(ids).toEqual(Array.from({ length: COUNT }, (_, id) => id));
    expect(await child.exited).toEqual({ code, signal: null });
  });

  it('delivers them all: process.exit() in the middle of a write', async () => {
    const child = fork<never, { id: number }>(fixture('exit'), ['mid-write', String(COUNT)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.process.stdout as Readable, 'data');
    const ids: number[] = [];
    await child.messages$.forEach(({ id }) => void ids.push(id));
    expect(ids).toEqual(Array.from({ length: COUNT }, (_, id) => id));
    expect(await child.exited).toEqual({ code: 3, signal: null });
  });

  it('delivers what listeners of exit send, before and after its own', async () => {
    const child = fork<never, { id: number }>(fixture('exit'), ['exit-listener', '100'], { stdio: 'ignore' });
    const ids: number[] = [];
    await child.messages$.forEach(({ id }) => void ids.push(id));
    expect(ids).toEqual([-1, ...Array.from({ length: 100 }, (_, id) => id)]);
  });

  it('delivers them from a parent to its child', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deka-'));
    const file = join(folder, 'count');
    nodeSpawn(process.execPath, [fixture('exiting-parent').pathname, file], { stdio: 'ignore' });
    await expect.poll(() => readFile(file, 'utf8').catch(() => ''), { timeout: 20_000 }).toBe(String(COUNT));
    await rm(folder, { recursive: true });
  });

  it('is not held by a peer that does not read, for longer than exitDrainMs', async () => {
    const script = `import { fork } from 'deka-ipc';
      const child = fork('test/fixtures/echo.js', [], { exitDrainMs: 50 });
      child.process.kill('SIGSTOP');
      for (let i = 0; i < 20000; i += 1) child.send('x'.repeat(100));
      process.on('exit', () => child.process.kill('SIGKILL'));
      process.exit(7);`;
    const parent = nodeSpawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
    expect(await once(parent, 'exit')).toEqual([7, null]);
  });

  it('waits for many that do not read as long as for one, and meanwhile delivers to the one that does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deka-'));
    const file = join(folder, 'count');
    const script = `import { fork, spawn } from 'deka-ipc';
      const exitDrainMs = 2000;
      const stuck = Array.from({ length: 20 }, () => spawn('sleep', ['60'], { stdio: 'ignore', exitDrainMs }));
      const reads = fork('test/fixtures/count-to-file.js', ['${file}'], { exitDrainMs });
      for (const child of stuck) child.send('x'.repeat(1e6));
      for (let id = 0; id < ${COUNT}; id += 1) reads.send({ id });
      process.on('exit', () => { for (const child of stuck) child.process.kill(); });
      process.exit(7);`;
    const parent = nodeSpawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
    expect(await once(parent, 'exit')).toEqual([7, null]);
    await expect.poll(() => readFile(file, 'utf8').catch(() => '')).toBe(String(COUNT));
    await rm(folder, { recursive: true });
  });
});
