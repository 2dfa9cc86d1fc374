import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventsOf, forked, MODULES, path, type Serialization, stdioWithIpcAt } from '../support/faces.js';

const CJS = path('node-echo.cjs');
const ESM = path('node-echo.js');

/** What a child that echoes answers, once it has ended. */
async function echoOf(child: ChildProcess, message = { hello: 'wörld' }): Promise<unknown> {
  child.send(message);
  const [answer] = await once(child, 'message');
  const exited = once(child, 'exit');
  child.disconnect();
  expect(await exited).toEqual([0, null]);
  return answer;
}

function shapeOf(child: ChildProcess): string[] {
  return child.stdio.map(stream => {
    if (stream === null || stream === undefined) return String(stream);
    const { readable, writable } = stream as { readable?: boolean; writable?: boolean };
    return [readable === true && 'readable', writable === true && 'writable'].filter(Boolean).join(' ');
  });
}

describe.each(MODULES)('%s', (_name, module) => {
  const everywhere = [0, 1, 2, 3, 5].flatMap(index =>
    (['json', 'advanced'] as const).map((serialization): [number, Serialization] => [index, serialization]),
  );

  it.concurrent.each(everywhere)("spawn with 'ipc' at %i, %s", async (index, serialization) => {
    const options = { stdio: stdioWithIpcAt(index), serialization };
    const child = module.spawn(process.execPath, [CJS], options);
    expect(shapeOf(child)).toEqual(Array(Math.max(3, index + 1)).fill('null'));
    expect([child.stdin, child.stdout, child.stderr]).toEqual([null, null, null]);
    expect(await echoOf(child)).toEqual({ hello: 'wörld' });
  });

  it.concurrent.each([
    [0, 'json', CJS],
    [1, 'advanced', ESM],
    [2, 'json', ESM],
    [3, 'advanced', CJS],
    [5, 'json', CJS],
  ] as const)("fork with 'ipc' at %i, %s", async (index, serialization, file) => {
    const child = module.fork(file, [], { stdio: stdioWithIpcAt(index), serialization });
    expect(shapeOf(child)).toEqual(Array(Math.max(3, index + 1)).fill('null'));
    expect(await echoOf(child)).toEqual({ hello: 'wörld' });
  });

  it.concurrent('leaves the other descriptors to whoever asked for them', async () => {
    const stdio = ['pipe', 'ipc', 'pipe', 'pipe', 'ignore'] as const;
    const program = () => {
      const fs = process.getBuiltinModule('node:fs');
      fs.writeSync(2, 'to 2');
      fs.writeSync(3, 'to 3');
      process.stdin.on('data', text => process.send?.(String(text)));
    };
    const child = forked(module, program, { stdio: [...stdio] });
    expect(shapeOf(child)).toEqual(['writable', 'null', 'readable writable', 'readable writable', 'null']);
    expect([child.stdin === child.stdio[0], child.stdout, child.stderr === child.stdio[2]]).toEqual([
      true,
      null,
      true,
    ]);
    const texts = [child.stdio[2], child.stdio[3]].map(async stream => {
      const [chunk] = stream === null || stream === undefined ? [] : await once(stream, 'data');
      return String(chunk);
    });
    child.stdin?.end('from 0');
    expect(await once(child, 'message')).toEqual(['from 0', undefined]);
    expect(await Promise.all(texts)).toEqual(['to 2', 'to 3']);
  });

  it.concurrent.each([
    ['silent', { silent: true }, ['writable', 'readable writable', 'readable writable', 'null']],
    ['not silent', { silent: false }, ['null', 'null', 'null', 'null']],
    ['pipe', { stdio: 'pipe' }, ['writable', 'readable writable', 'readable writable', 'null']],
    ['overlapped', { stdio: 'overlapped' }, ['writable', 'readable writable', 'readable writable', 'null']],
    ['ignore', { stdio: 'ignore' }, ['null', 'null', 'null', 'null']],
    ['inherit', { stdio: 'inherit' }, ['null', 'null', 'null', 'null']],
    ['silent, but a string', { silent: true, stdio: 'ignore' }, ['null', 'null', 'null', 'null']],
    [
      'silent, but a list',
      { silent: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
      ['null', 'null', 'null', 'null'],
    ],
    [
      'stdio that is neither',
      { silent: true, stdio: null },
      ['writable', 'readable writable', 'readable writable', 'null'],
    ],
  ])('fork with stdio: %s', async (_what, options, shape) => {
    const child = module.fork(CJS, [], options as object);
    expect(shapeOf(child)).toEqual(shape);
    expect(await echoOf(child)).toEqual({ hello: 'wörld' });
  });

  it.concurrent.each([
    ['a URL', pathToFileURL(ESM), []],
    ['a path from cwd', 'node-echo.cjs', [[], { cwd: path('') }]],
    ['a path from cwd, which is a URL', './node-echo.js', [{ cwd: pathToFileURL(path('')) }]],
    ['null for arguments', CJS, [null, {}]],
    ['null for options', CJS, [[], null]],
    ['undefined for both', CJS, [undefined, undefined]],
    ['options in place of arguments', CJS, [{ serialization: 'advanced' }]],
    ['an execPath that is empty', CJS, [{ execPath: '' }]],
    ['serialization undefined', CJS, [{ serialization: undefined }]],
  ])('fork of %s', async (_what, file, rest) => {
    const fork = module.fork as unknown as (...args: unknown[]) => ChildProcess;
    expect(await echoOf(fork(file, ...rest))).toEqual({ hello: 'wörld' });
  });

  it.concurrent('fork with another execPath', async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'deka-')));
    const execPath = join(folder, 'node');
    await symlink(process.execPath, execPath);
    const child = module.fork(CJS, ['arg'], { execPath, execArgv: ['--no-warnings'] });
    expect(child.spawnfile).toBe(execPath);
    expect(child.spawnargs).toEqual([execPath, '--no-warnings', CJS, 'arg']);
    expect(await echoOf(child)).toEqual({ hello: 'wörld' });
    await rm(folder, { recursive: true });
  });

  it.concurrent('shows the command that was asked for', async () => {
    const child = module.fork(CJS, ['one', 'two'], { execArgv: ['--no-warnings'] });
    expect(child.spawnfile).toBe(process.execPath);
    expect(child.spawnargs).toEqual([process.execPath, '--no-warnings', CJS, 'one', 'two']);
    expect(child.pid).toBeGreaterThan(0);
    expect([child.connected, child.killed, child.exitCode, child.signalCode]).toEqual([
      true,
      false,
      null,
      null,
    ]);
    await echoOf(child);
    expect([child.exitCode, child.signalCode]).toEqual([0, null]);
  });

  it.concurrent('speaks to a child that only knows the variables', async () => {
    const script = 'echo \'{"a":1}\' >&"$NODE_CHANNEL_FD"; echo "\\"$NODE_CHANNEL_SERIALIZATION_MODE\\"" >&4';
    const child = module.spawn('sh', ['-c', script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ignore', 'ipc'],
    });
    const messages: unknown[] = [];
    child.on('message', message => messages.push(message));
    await once(child, 'close');
    expect(messages).toEqual([{ a: 1 }, 'json']);
  });

  it.concurrent('makes the child the leader of a group if detached', async () => {
    const program = () => {
      const stat = process.getBuiltinModule('node:fs').readFileSync('/proc/self/stat', 'utf8');
      process.send?.(Number(stat.split(') ')[1]?.split(' ')[2]) === process.pid);
    };
    for (const detached of [true, false]) {
      expect(await once(forked(module, program, { detached }), 'message')).toEqual([detached, undefined]);
    }
  });

  it('kills the child when its signal aborts', async () => {
    const controller = new AbortController();
    const options = { signal: controller.signal, killSignal: 'SIGKILL' } as const;
    const child = module.fork(CJS, [], options);
    const events = eventsOf(child);
    const error = new Promise(resolve => child.once('error', resolve));
    child.send('up');
    await once(child, 'message');
    const closed = new Promise(resolve => child.on('close', (...how) => resolve(how)));
    controller.abort(new Error('enough'));
    expect(await error).toMatchObject({
      name: 'AbortError',
      code: 'ABORT_ERR',
      message: 'The operation was aborted',
      cause: { message: 'enough' },
    });
    expect(await closed).toEqual([null, 'SIGKILL']);
    expect(events).toEqual(['spawn', 'message', 'error', 'disconnect', 'exit', 'close']);
    expect(child.killed).toBe(true);
  });

  it('kills the child whose signal had aborted before', async () => {
    const child = module.fork(CJS, [], { signal: AbortSignal.abort() });
    const events = eventsOf(child);
    const closed = new Promise(resolve => child.on('close', (...how) => resolve(how)));
    expect(await closed).toEqual([null, 'SIGTERM']);
    expect(events).toEqual(['spawn', 'error', 'disconnect', 'exit', 'close']);
  });

  it('kills the child after its timeout', async () => {
    const child = module.fork(CJS, [], { timeout: 100, killSignal: 'SIGINT' });
    const events = eventsOf(child);
    expect(await once(child, 'close')).toEqual([null, 'SIGINT']);
    expect(events).toEqual(['spawn', 'disconnect', 'exit', 'close']);
  });

  it.each([
    ['a command', 'no-such-command', {}],
    ['a cwd', process.execPath, { cwd: '/no/such/folder' }],
  ])("emits 'error' ENOENT for %s that does not exist", async (_what, command, options) => {
    const child = module.spawn(command, ['arg'], { ...options, stdio: stdioWithIpcAt(3) });
    const events = eventsOf(child);
    expect([child.connected, child.pid]).toEqual([true, undefined]);
    const error = new Promise(resolve => child.once('error', resolve));
    const closed = new Promise(resolve => child.on('close', (...how) => resolve(how)));
    const disconnected = new Promise(resolve => child.on('disconnect', resolve));
    expect(await error).toMatchObject({
      code: 'ENOENT',
      errno: -2,
      syscall: `spawn ${command}`,
      path: command,
      spawnargs: ['arg'],
      message: `spawn ${command} ENOENT`,
    });
    expect(await closed).toEqual([-2, null]);
    await disconnected;
    // Node emits 'close' before 'disconnect' here, this library the other way round, as after any other end.
    expect(events.toSorted()).toEqual(['close', 'disconnect', 'error']);
    expect(child.connected).toBe(false);
  });

  it("emits 'error' ENOENT for an execPath that does not exist, with the arguments of a fork", async () => {
    const child = module.fork(CJS, ['arg'], { execPath: '/no/such/node', execArgv: [] });
    const error = new Promise(resolve => child.once('error', resolve));
    expect(await error).toMatchObject({ code: 'ENOENT', path: '/no/such/node', spawnargs: [CJS, 'arg'] });
  });

  it.each([
    ['a module that does not exist', '/no/such/module.js', 1],
    ['a module that throws', path('node-run.cjs'), 1],
  ])("emits 'exit' for %s", async (_what, file, code) => {
    const child = module.fork(file, ['(() => { throw new Error() })'], { silent: true });
    const events = eventsOf(child);
    expect(await once(child, 'close')).toEqual([code, null]);
    expect(events).toEqual(['spawn', 'disconnect', 'exit', 'close']);
  });
});
