import { type ChildProcess, spawn as nodeSpawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { spawn } from '../../src/channel/processes.js';
import { json } from '../../src/streams/json.js';
import { collect } from '../support/collect.js';
import { fixture } from '../support/processes.js';

const COUNT = 300;
const ids = Array.from({ length: COUNT }, (_, id) => ({ id }));
const each = ids.map(message => `{"cmd":"NODE_HANDLE","msg":${JSON.stringify(message)}}`);
const hello = '{"cmd":"DEKA_HELLO","accepts":["batch","rows"]}';
const batches = '{"cmd":"DEKA_HELLO","accepts":["batch"]}';
const batch = `{"cmd":"DEKA_BATCH","msgs":${JSON.stringify(ids)}}`;

/** What a child of ours writes to a parent that sets these variables beside the two, line by line. */
async function linesUnder(variables: NodeJS.ProcessEnv): Promise<string[]> {
  const env = { ...process.env, DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '3', ...variables };
  const child: ChildProcess = nodeSpawn(process.execPath, [fileURLToPath(fixture('flood')), String(COUNT)], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    env,
  });
  return (await text(child.stdio[3] as Duplex)).split('\n').slice(0, -1);
}

/** A child in nothing but Node that says `first`, and at its end what it has got, as messages. */
function plainChild(first: string, options = {}) {
  const script = `
    const socket = new (require('node:net').Socket)({ fd: 3, allowHalfOpen: true });
    const line = message => socket.write(JSON.stringify({ cmd: 'NODE_HANDLE', msg: message }) + '\\n');
    let got = '';
    socket.setEncoding('utf8').on('data', text => { got += text; }).on('end', () => { got.split('\\n').slice(0, -1).forEach(line); socket.end(); });
    if (${JSON.stringify(first)}) socket.write(${JSON.stringify(first)} + '\\n');
    line('up');`;
  return spawn<unknown, unknown>(process.execPath, ['-e', script], { stdio: 'inherit', ...options });
}

/** What reaches a plain child of messages sent in one tick, once it is up. */
async function linesTo(first: string): Promise<unknown[]> {
  const child = plainChild(first);
  const { values, completed } = collect(child.messages$);
  for await (const _ of child) break;
  for (const message of ids) child.send(message);
  await child.close();
  await completed;
  return values.slice(1);
}

describe('a child', () => {
  it('that is told what its parent takes greets it first, and sends what leaves together in one frame', async () => {
    expect(await linesUnder({ DEKA_IPC_ACCEPTS: 'batch' })).toEqual([hello, batch]);
  });

  it('whose parent takes rows, too, sends those of many messages that are alike', async () => {
    const [greeting, first, rows, ...others] = await linesUnder({ DEKA_IPC_ACCEPTS: 'rows,batch' });
    expect(greeting).toBe(hello);
    expect(first).toMatch(/^\{"cmd":"DEKA_BATCH","msgs":\[\{"id":0\},/);
    expect(rows).toMatch(/^\{"cmd":"DEKA_ROWS","keys":\["id"\],"rows":\[[\d,]*,299\]\}$/);
    expect(others).toEqual([]);
  });

  it('of a plain parent of Deka sends nothing but plain lines', async () => {
    expect(await linesUnder({})).toEqual(each);
  });

  it.each([
    '',
    'other',
    'batches',
    'rows',
    ',,',
  ])('of a parent that takes %j greets it and sends plain lines', async accepts => {
    expect(await linesUnder({ DEKA_IPC_ACCEPTS: accepts })).toEqual([hello, ...each]);
  });
});

describe('a parent', () => {
  it('sends nothing but plain lines to a child that has not greeted it', async () => {
    expect(await linesTo('')).toEqual(each);
  });

  it('sends batches to a child that takes them', async () => {
    expect(await linesTo(batches)).toEqual([batch]);
  });

  it('sends rows as well to a child that takes both', async () => {
    expect(await linesTo(hello)).toEqual([
      expect.stringMatching(/^\{"cmd":"DEKA_BATCH","msgs":\[\{"id":0\},/),
      expect.stringMatching(/^\{"cmd":"DEKA_ROWS","keys":\["id"\],"rows":\[[\d,]*,299\]\}$/),
    ]);
  });

  it('sends plain lines to a child that takes other things', async () => {
    expect(await linesTo('{"cmd":"DEKA_HELLO","accepts":["other"]}')).toEqual(each);
  });

  it('whose codec must see each message tells its child that it takes no batches', async () => {
    const dates = json({ reviver: (key, value) => (key === 'at' ? new Date(value as string) : value) });
    const script = `process.stdout.write(JSON.stringify(process.env.DEKA_IPC_ACCEPTS) ?? 'undefined')`;
    const child = spawn(process.execPath, ['-e', script], {
      codec: dates,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(await text(child.process.stdout as NonNullable<ChildProcess['stdout']>)).toBe('""');
  });
});
