import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bare, type Codec, fork, json, type SpawnChannelOptions, spawn, v8 } from 'deka-ipc';
import { cbor } from 'deka-ipc/cbor';
import { msgpack } from 'deka-ipc/msgpack';
import { firstValueFrom, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { collect } from '../support/collect.js';
import { code } from '../support/errors.js';
import { fixture } from '../support/processes.js';

const CHOOSE = fixture('choose-codec');
const PIPES = { stdio: ['pipe', 'pipe', 'ignore'] } satisfies SpawnChannelOptions;

/** A codec of one's own, which no child finds by its name. */
const csv: Codec = {
  name: 'csv',
  framing: json().framing,
  envelope: bare(),
  create: () => ({ encode: row => (row as string[]).join(','), decode: frame => String(frame).split(',') }),
};

async function firstLine({ stdout }: ChildProcess): Promise<unknown> {
  if (stdout === null) throw new Error('the child has no stdout to read');
  const [chunk] = await once(stdout, 'data');
  return JSON.parse(String(chunk));
}

describe('the codec that the parent names', () => {
  it.each([
    ['json', json()],
    ['v8', v8()],
    ['msgpack', msgpack()],
    ['cbor', cbor()],
  ])('is found by the child if it is a built-in: %s', async (name, codec) => {
    for (const args of [[], [name]]) {
      const child = fork(CHOOSE, args, { codec });
      const sent = [{ id: 1, text: 'ü' }, [1, 2], 'three', null];
      const answers = firstValueFrom(child.messages$.pipe(take(sent.length), toArray()));
      child.send(sent[0]);
      child.sendMany(sent.slice(1));

      expect(await answers).toEqual(sent);
      await child.close();
    }
  });

  it('reaches a child that uses process.send by the preload', async () => {
    const child = fork(fixture('node-echo'), [], {
      codec: v8(),
      execArgv: ['--import', 'deka-ipc/register'],
    });
    const answer = firstValueFrom(child.messages$);
    child.send(new Map([[1n, undefined]]));

    expect(await answer).toEqual(new Map([[1n, undefined]]));
    await child.close();
  });

  it.each<[string, Codec, string, string]>([
    ['json', json(), 'msgpack', 'stay'],
    ['json', json(), 'v8', 'throw'],
    ['msgpack', msgpack(), 'json', 'stay'],
    ['msgpack', msgpack(), 'cbor', 'throw'],
    ['v8', v8(), 'json', 'leave'],
    ['cbor', cbor(), 'csv', 'stay'],
    ['csv', csv, 'json', 'leave'],
    ['csv', csv, 'v8', 'throw'],
  ])('%s, against a child that reads another, is ERR_CODEC_MISMATCH at both ends, with both names', async (parents, codec, childs, then) => {
    const child = fork(CHOOSE, [childs, then], { ...PIPES, codec });
    const both = expect.stringMatching(new RegExp(`\\b${parents}\\b.*\\b${childs}\\b`));
    const mismatch = expect.objectContaining({ code: 'ERR_CODEC_MISMATCH', message: both });
    const [messages, failures] = [collect(child.messages$), collect(child.failures$)];
    // More than the kernel takes: some of it is under way when the child turns it down.
    const unsent = child.sendAll(Array.from({ length: 2000 }, () => ['x'.repeat(1000)]));
    const refused = expect(unsent).rejects.toEqual(code('ERR_CHANNEL_CLOSED'));

    expect(await firstLine(child.process)).toEqual(mismatch);
    expect(await child.closed).toEqual({ error: mismatch });
    expect(await failures.completed).toEqual([mismatch]);
    expect(await messages.completed).toEqual([]);
    await refused;
    child.process.stdin?.end();
    await child.exited;
  });

  it('is not found if it is no built-in: the child that brings none would read json', async () => {
    const child = fork(CHOOSE, [], { ...PIPES, codec: csv });
    const mismatch = expect.objectContaining({
      code: 'ERR_CODEC_MISMATCH',
      message: expect.stringMatching(/\bcsv\b.*\bjson\b/),
    });

    expect(await firstLine(child.process)).toEqual(mismatch);
    expect(await child.closed).toEqual({ error: mismatch });
    child.process.stdin?.end();
    await child.exited;
  });

  it('is refused by the preload if it is neither json nor v8, with a warning', async () => {
    const child = fork(fixture('node-echo'), [], {
      codec: msgpack(),
      execArgv: ['--import', 'deka-ipc/register'],
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [warning] = await once(child.process.stderr ?? process, 'data');

    expect(String(warning)).toContain('The parent writes "msgpack"');
    expect(await child.closed).toEqual({ error: code('ERR_CODEC_MISMATCH') });
    await child.exited;
  });

  it('is told apart from JSON Lines, which a child writes that looks for no name', async () => {
    const write = `require('fs').writeSync(3, '{"cmd":"NODE_HANDLE","msg":1}\\n')`;
    const child = spawn(process.execPath, ['-e', write], { stdio: 'ignore', codec: msgpack() });

    expect(await child.closed).toEqual({
      error: expect.objectContaining({
        code: 'ERR_CODEC_MISMATCH',
        message: expect.stringMatching(/\bmsgpack\b.*\bjson\b/),
      }),
    });
    await child.exited;
  });
});

describe('msgpack', () => {
  it('does not grow with messages whose shape changes all the time', async () => {
    const { grown, wrong } = await reportOf('msgpack-shapes');

    expect(wrong).toBe(0);
    expect(grown).toBeLessThan(2 * 1024 * 1024);
  });

  it('keeps little of what a stranger defines', async () => {
    const { kept } = await reportOf('msgpack-stranger');

    expect(kept).toBeLessThan(32 * 1024 * 1024);
  });

  async function reportOf(name: string) {
    const args = ['--expose-gc', fileURLToPath(fixture(name))];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout);
  }
});
