import { type ChildProcess, fork as nodeFork, spawn as nodeSpawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { connect, fork, fromStreams, listen, open, pair, spawn } from 'deka-ipc';
import {
  fork as dropInFork,
  spawn as dropInSpawn,
  ChildProcess as OurChildProcess,
} from 'deka-ipc/child_process';
import { memoryTransports } from 'deka-ipc/testing';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { publishedAs } from '../support/diagnostics.js';
import { path } from '../support/faces.js';
import { fixture, PRELOAD } from '../support/processes.js';

const SUBSCRIBING = ['--require', path('diagnostics.cjs')];

/** What `diagnostics.cjs` in a process says was published there. */
async function publishedIn(child: ChildProcess): Promise<unknown> {
  if (child.stderr === null) throw new Error('the process has no stderr to read');
  const [output] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return JSON.parse(output);
}

describe('a channel that this process makes is published, and its end', () => {
  it('by pair, open and fromStreams', async () => {
    const opened = publishedAs('deka-ipc:channel:open');
    const closed = publishedAs('deka-ipc:channel:close');
    const channels = [
      ...pair(),
      open(memoryTransports()[0]),
      fromStreams(new PassThrough(), new PassThrough()),
    ];
    expect(opened.map(({ channel }) => channel)).toEqual(channels);
    for (const channel of channels) channel.destroy();
    expect(closed).toEqual(channels.map(channel => ({ channel, reason: 'local' })));
  });

  it('by connect and listen', async () => {
    const opened = publishedAs('deka-ipc:channel:open');
    const closed = publishedAs('deka-ipc:channel:close');
    const server = await listen({ port: 0 });
    const accepted = firstValueFrom(server.channels$);
    const channels = [await connect(server.address), await accepted];
    expect(new Set(opened.map(({ channel }) => channel))).toEqual(new Set(channels));
    await server.close();
    expect(closed.map(({ channel }) => channel)).toHaveLength(2);
  });

  it.each([
    ['fork', () => fork(fixture('echo'))],
    ['spawn', () => spawn(process.execPath, [fileURLToPath(fixture('echo'))])],
    ["spawn, wire: 'node'", () => spawn(process.execPath, [path('node-echo.cjs')], { wire: 'node' })],
    ['fork, handles: true', () => fork(fixture('echo'), [], { handles: true })],
  ])('by %s, with its process', async (_what, start) => {
    const seen: unknown[] = [];
    const opened = publishedAs('deka-ipc:channel:open', ({ channel }) => seen.push(channel.process));
    const closed = publishedAs('deka-ipc:channel:close');
    const child = start();
    expect(opened.map(({ channel }) => channel)).toEqual([child]);
    expect(seen).toEqual([child.process]);
    await child.close();
    expect(closed).toEqual([{ channel: child, reason: 'local' }]);
  });

  it.each([
    ['fork', () => dropInFork(path('node-echo.cjs'))],
    ["spawn with 'ipc'", () => dropInSpawn(process.execPath, [path('node-echo.cjs')], { stdio: ['ipc'] })],
    [
      'new ChildProcess',
      () =>
        new OurChildProcess(process.execPath, ['--require', PRELOAD, path('node-echo.cjs')], { ipc: true }),
    ],
  ])('by the drop-in, with its process: %s', async (_what, start) => {
    const seen: unknown[] = [];
    publishedAs('deka-ipc:channel:open', ({ channel }) => seen.push(channel.process));
    const closed = publishedAs('deka-ipc:channel:close');
    const child = start();
    expect(seen).toEqual([child]);
    child.send('hello');
    await once(child, 'message');
    child.disconnect();
    await once(child, 'exit');
    expect(closed.map(({ reason }) => reason)).toEqual(['local']);
  });
});

describe('a channel that a child has is published there', () => {
  it('by parent(), on a channel of ours', async () => {
    const child = fork(fixture('echo'), [], { execArgv: SUBSCRIBING, silent: true });
    const published = publishedIn(child.process);
    await child.close();
    expect(await published).toEqual([
      ['open', true],
      ['close', false, 'peer'],
    ]);
  });

  it.each([
    [
      "parent(), on the runtime's own channel",
      () => nodeFork(fixture('plain-fork'), ['echo'], { execArgv: SUBSCRIBING, silent: true }),
    ],
    [
      'the preload of the drop-in, to a subscriber that is preloaded behind it',
      () => dropInFork(path('node-echo.cjs'), [], { execArgv: SUBSCRIBING, silent: true }),
    ],
  ])('by %s', async (_what, start) => {
    const child = start();
    const published = publishedIn(child);
    child.send('hello');
    await once(child, 'message');
    child.disconnect();
    expect(await published).toEqual([
      ['open', true],
      ['close', false, 'peer'],
    ]);
  });

  it('by the preload', async () => {
    const child = spawn(process.execPath, [...SUBSCRIBING, '--require', PRELOAD, path('node-echo.cjs')]);
    const published = publishedIn(child.process);
    child.send('hello');
    await firstValueFrom(child.messages$);
    await child.close();
    expect(await published).toEqual([
      ['open', true],
      ['close', false, 'peer'],
    ]);
  });

  it('by stdio()', async () => {
    const child = nodeSpawn(process.execPath, [...SUBSCRIBING, fileURLToPath(fixture('upper'))]);
    const published = publishedIn(child);
    child.stdin.end('"hello"\n');
    expect(await text(child.stdout)).toBe('"HELLO"\n');
    expect(await published).toEqual([
      ['open', true],
      ['close', false, 'peer'],
    ]);
  });
});
