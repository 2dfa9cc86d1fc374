import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { fork } from 'deka-ipc';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { collect } from '../support/collect.js';
import { fixture, outputOf } from '../support/processes.js';

const onLinux = it.runIf(process.platform === 'linux');

describe('a child that uses the raw descriptor alone', () => {
  it('greets, gets an answer, and ends by itself although the parent goes on', async () => {
    const { child, link } = start('raw-greet');
    const output = outputOf(child);
    const [greeting] = (await once(link, 'data')) as [Buffer];
    expect(String(greeting)).toBe('{"cmd":"NODE_HANDLE","msg":{"hello":"parent"}}\n');
    link.write('{"cmd":"NODE_HANDLE","msg":"wörld"}\nnever read\n');
    expect(await output).toBe('{"cmd":"NODE_HANDLE","msg":"wörld"}');
  });

  it('answers until the parent ends, and its descriptor is open to the last', async () => {
    const { child, link } = start('raw-echo');
    const answers = text(link);
    link.end('one\n\ntwo\r\nunterminated');
    expect(await answers).toBe('one\n\ntwo\r\nunterminated\n{"cmd":"NODE_HANDLE","msg":"still open"}\n');
    expect(await exitOf(child)).toEqual([0, null]);
  });

  it('talks to a channel of this library', async () => {
    const child = fork(fixture('raw-echo'));
    const { completed } = collect(child.messages$);
    child.sendMany([1, null, 'two\nlines', { hello: 'wörld 🌍' }]);
    await child.close();
    expect(await completed).toEqual([1, null, 'two\nlines', { hello: 'wörld 🌍' }, 'still open']);
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  it('carries a line of 8 MB both ways, past a parent that is slow to read', async () => {
    const child = fork<string, string>(fixture('raw-echo'));
    const long = 'grün '.repeat(1_600_000);
    child.send(long);
    await child.flush(); // the child has nearly all of it, and nobody has read a byte of its answer
    expect((await firstValueFrom(child.messages$)) === long).toBe(true);
    await child.close();
  });
});

describe('the mode of a descriptor', () => {
  onLinux('is blocking as a stdio pipe gives it to a child, and stays so', async () => {
    const { child, link } = start('raw-mode');
    link.write('answer\n');
    expect(JSON.parse(await outputOf(child))).toEqual({ before: true, after: true });
  });
});

describe('leaving while a read waits', () => {
  it('has to wait for the peer on a blocking descriptor, and has its exit code then', async () => {
    const { child, link } = start('raw-exit');
    const exited = exitOf(child);
    const [said] = (await once(stdoutOf(child), 'data')) as [Buffer];
    expect(String(said)).toBe('leaving, blocking');
    link.destroy();
    expect(await exited).toEqual([7, null]);
  });

  it('waits for nobody on a non-blocking one', async () => {
    const { child } = start('raw-exit', 'non-blocking');
    const exited = exitOf(child);
    expect(await text(stdoutOf(child))).toBe('leaving, non-blocking');
    expect(await exited).toEqual([7, null]);
  });
});

/** What the parent of the Deka runtime did: a pipe at 3, and both variables. */
function start(name: string, ...args: string[]): { child: ChildProcess; link: Socket } {
  const child = spawn(process.execPath, [fixture(name).pathname, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: { ...process.env, DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '3' },
  });
  return { child, link: child.stdio[3] as Socket };
}

function stdoutOf(child: ChildProcess) {
  if (child.stdout === null) throw new Error('started without a stdout');
  return child.stdout;
}

function exitOf(child: ChildProcess): Promise<unknown[]> {
  return once(child, 'exit');
}
