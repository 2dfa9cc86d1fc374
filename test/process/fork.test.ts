import { execFile, spawn as nodeSpawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Channel, fork, type IpcError, json, spawn } from 'deka-ipc';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { collect } from '../support/collect.js';
import { fixture, outputOf } from '../support/processes.js';

/** Resolves once a child that echoes has answered. */
async function up(child: Channel): Promise<void> {
  child.send('up');
  await firstValueFrom(child.messages$);
}

describe('fork', () => {
  it('gives a channel whose other end is parent() in the child', async () => {
    const child = fork(fixture('echo'));
    const { completed } = collect(child.messages$);
    child.send({ hello: 'wörld 🌍' });
    child.sendMany([1, null, [true], '', 'two\nlines']);
    await child.close();
    expect(await completed).toEqual([{ hello: 'wörld 🌍' }, 1, null, [true], '', 'two\nlines']);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(await child.closed).toBe('local');
  });

  it('streams 200 000 messages up, each in its place', async () => {
    const count = 200_000;
    const child = fork<never, { id: number }>(fixture('flood'), [String(count)]);
    let next = 0;
    let wrong = 0;
    await child.messages$.forEach(({ id }) => {
      if (id !== next) wrong += 1;
      next += 1;
    });
    expect({ next, wrong }).toEqual({ next: count, wrong: 0 });
    expect(await child.closed).toBe('peer');
    expect(child.metrics().received.messages / child.metrics().reads).toBeGreaterThan(10);
  });

  it('streams 200 000 messages down, each in its place', async () => {
    const count = 200_000;
    const child = fork<{ id: number }, unknown>(fixture('count'));
    const answer = firstValueFrom(child.messages$);
    await child.sendAll(Array.from({ length: count }, (_, id) => ({ id })));
    await child.close();
    expect(await answer).toEqual({ count, wrong: 0 });
  });

  it('carries a message of 16 MB both ways', async () => {
    const child = fork<string, string>(fixture('echo'));
    const text = 'grün '.repeat(3_000_000);
    const answer = firstValueFrom(child.messages$);
    child.send(text);
    expect((await answer) === text).toBe(true);
    await child.close();
  });

  it('delivers what a child left behind when it died while being written to', async () => {
    const count = 3000;
    const child = fork<string, { id: number }>(fixture('answer-and-die'), [String(count)]);
    const seen: number[] = [];
    const read = (async () => {
      for await (const { id } of child) {
        seen.push(id);
        child.send('x'.repeat(3000)); // meets a child that no longer reads, then one that is gone
      }
    })();
    child.send('start');
    await read;
    expect(seen).toEqual(Array.from({ length: count }, (_, id) => id));
    expect(await child.closed).toBe('peer');
  });

  it('ends the channel as the peer leaving when the child is killed, and settles every callback once', async () => {
    const child = fork(fixture('echo'));
    await up(child);
    const settled: unknown[] = [];
    for (let i = 0; i < 5000; i += 1) child.send('x'.repeat(100), error => settled.push(error));
    child.process.kill('SIGKILL');
    expect(await child.closed).toBe('peer');
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await new Promise(setImmediate);
    expect(settled).toHaveLength(5000);
  });

  it('lets a child end by itself that consumes nothing', async () => {
    const child = fork(fixture('no-consumer'));
    const { completed } = collect(child.messages$);
    expect(await completed).toEqual(['leaving']);
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  it('hides its variables from the child once it took the channel, and from a grandchild', async () => {
    const child = fork(fixture('environment'), [], { env: { ...process.env, DEKA_IPC_STALE: '1' } });
    const told = await firstValueFrom(child.messages$);
    expect(told).toEqual({
      before: { names: ['DEKA_IPC_ENABLED', 'DEKA_IPC_FD', 'DEKA_IPC_ACCEPTS'], hasParent: true },
      after: { names: [], hasParent: true },
      same: true,
      grandchild: { names: [], sockets: [] },
    });
  });

  it.each([
    ['-e', 'import("deka-ipc").then(m => start(m.fork))'],
    ['--input-type=module', '-e', 'import { fork } from "deka-ipc"; start(fork);'],
  ])('runs the module, not the code that the parent was started with by %s', async (...args) => {
    const code = `${args.at(-1)}
      function start(fork) {
        if (process.env.STARTED) throw new Error('the code of the parent');
        const child = fork('test/fixtures/echo.js', [], { env: { ...process.env, STARTED: '1' } });
        child.messages$.subscribe(answer => { console.log(answer); child.close(); });
        child.send('up');
      }`;
    const { stdout } = await promisify(execFile)(process.execPath, [...args.slice(0, -1), code]);
    expect(stdout).toBe('up\n');
  });

  it('starts the module itself, not a shell', async () => {
    const child = fork(fixture('echo'), [], { shell: true });
    expect(child.process.spawnfile).toBe(process.execPath);
    await up(child);
    await child.close();
  });

  it('speaks where nothing built in may be changed', async () => {
    const code = `import { fork } from 'deka-ipc';
      const child = fork('test/fixtures/echo.js');
      child.messages$.subscribe(answer => { console.log(answer); child.close(); });
      child.send('up');`;
    const args = ['--frozen-intrinsics', '--input-type=module', '-e', code];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toBe('up\n');
  });

  it('takes the first descriptor after those of stdio', async () => {
    const child = fork(fixture('echo'), [], { stdio: ['ignore', 'inherit', 'inherit', 'ignore', 'pipe'] });
    const answer = firstValueFrom(child.messages$);
    child.send('at 5');
    expect(await answer).toBe('at 5');
    expect([...child.process.stdio]).toHaveLength(6);
    await child.close();
  });

  it('kills the child when its signal aborts', async () => {
    const controller = new AbortController();
    const child = fork(fixture('echo'), [], { signal: controller.signal });
    await up(child);
    controller.abort();
    expect((await child.exited).signal).toBe('SIGTERM');
    expect(await child.closed).toBe('peer');
  });
});

describe('spawn', () => {
  it('ends the channel with ERR_TRANSPORT for a command that does not exist', async () => {
    const child = spawn('no-such-command-anywhere');
    const reason = (await child.closed) as { error: IpcError };
    expect(reason.error).toMatchObject({ code: 'ERR_TRANSPORT', cause: { code: 'ENOENT' } });
    expect(await child.exited).toEqual({ code: null, signal: null });
    expect(child.send('into nothing')).toBe(false);
  });

  it('reports what a child writes that is no message, and delivers what is', async () => {
    const script = `process.stdin.resume();
      const socket = new (require('node:net').Socket)({ fd: Number(process.env.DEKA_IPC_FD) });
      socket.write('{"cmd":"NODE_HANDLE","msg":1}\\nlog line\\n{"cmd": "NODE_HANDLE", "msg": 2}\\n');
      socket.end(Buffer.from([0xc3, 0x28, 0x0a]));
      socket.on('end', () => process.exit()).resume();`;
    const child = spawn(process.execPath, ['-e', script]);
    const { completed } = collect(child.messages$);
    const failures = collect(child.failures$);
    expect(await completed).toEqual([1, 2]);
    expect((await failures.completed).map(({ code }) => code)).toEqual(['ERR_DECODE', 'ERR_DECODE']);
  });
});

describe('parent', () => {
  it.each([
    ['neither variable', {}, 'ERR_NO_PARENT_CHANNEL'],
    ['a descriptor but not enabled', { DEKA_IPC_FD: '3' }, 'ERR_NO_PARENT_CHANNEL'],
    ['enabled but no descriptor', { DEKA_IPC_ENABLED: '1' }, 'ERR_NO_PARENT_CHANNEL'],
    ['an empty descriptor', { DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '' }, 'ERR_BAD_CHANNEL_FD'],
    ['a negative one', { DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '-1' }, 'ERR_BAD_CHANNEL_FD'],
    ['a huge one', { DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '99999999999' }, 'ERR_BAD_CHANNEL_FD'],
    ['one that is not open', { DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '200' }, 'ERR_BAD_CHANNEL_FD'],
    ['one that is no number', { DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: 'three' }, 'ERR_BAD_CHANNEL_FD'],
  ])('with %s throws an IpcError that tells the cure', async (_what, env, expected) => {
    const child = nodeSpawn(process.execPath, [fixture('try-parent').pathname], {
      env: { ...process.env, ...env },
    });
    const told = JSON.parse(await outputOf(child)) as { code: string; message: string };
    expect(told.code).toBe(expected);
    expect(told.message).toMatch(/fork\(\)|Unix stream socket/);
  });

  it('does not read a codec other than the one its parent writes', async () => {
    const child = fork(fixture('try-parent'), [], { codec: { ...json(), name: 'csv' }, silent: true });
    const told = JSON.parse(await outputOf(child.process)) as { code: string; message: string };
    expect(told.code).toBe('ERR_CODEC_MISMATCH');
    expect(told.message).toContain('"csv"');
    expect(await child.closed).toEqual({ error: expect.objectContaining({ code: 'ERR_CODEC_MISMATCH' }) });
  });

  it('leaves although the parent whose codec it refused keeps its side open', async () => {
    const env = { ...process.env, DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '3', DEKA_IPC_CODEC: 'csv' };
    const child = nodeSpawn(process.execPath, [fixture('try-parent').pathname], {
      env,
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    expect(JSON.parse(await outputOf(child))).toMatchObject({ code: 'ERR_CODEC_MISMATCH' });
  });

  it('does not take the descriptor of something that is no socket', async () => {
    const env = { ...process.env, DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '3' };
    const file = openSync(process.execPath, 'r');
    const child = nodeSpawn(process.execPath, [fixture('try-parent').pathname], {
      env,
      stdio: ['ignore', 'pipe', 'inherit', file],
    });
    closeSync(file);
    expect(JSON.parse(await outputOf(child))).toMatchObject({ code: 'ERR_BAD_CHANNEL_FD' });
  });
});

describe('stdio', () => {
  it('makes a filter of a process', async () => {
    const child = nodeSpawn(process.execPath, [fixture('upper').pathname], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end('"one"\n"two"\n');
    expect(await outputOf(child)).toBe('"ONE"\n"TWO"\n');
  });
});
