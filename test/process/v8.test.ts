import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { inspect } from 'node:util';
import { runInThisContext } from 'node:vm';
import { firstValueFrom, take, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Channel } from '../../src/channel/channel.js';
import { fromStreams } from '../../src/channel/open.js';
import { bare } from '../../src/streams/envelope.js';
import { v8 } from '../../src/streams/v8.js';

// The other end is Node itself: a child that finds these two variables speaks its own 'advanced' serialization
// (lib/child_process.js, _forkChild), and knows nothing of this library.
const ECHO = "process.on('message', message => process.send(message));";

/** Says what Node made of each message, in JSON that no codec of ours has touched. */
const REPORT = `process.on('message', value => {
  const { inspect } = require('node:util');
  const object = typeof value === 'object' && value !== null;
  process.send({
    type: typeof value,
    constructor: object ? Object.getPrototypeOf(value).constructor.name : null,
    buffer: Buffer.isBuffer(value),
    error: value instanceof Error,
    shown: value instanceof Error ? value.message : inspect(value, { depth: 9 }),
  });
});`;

/** Makes the message itself, so that what arrives was written by Node alone. */
const MAKE = "process.on('message', source => process.send(require('node:vm').runInThisContext(source)));";

let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
  child = undefined;
});

function started(script: string): Channel {
  child = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, NODE_CHANNEL_FD: '3', NODE_CHANNEL_SERIALIZATION_MODE: 'advanced' },
  });
  const socket = child.stdio[3];
  if (!(socket instanceof Socket)) throw new Error('the child has no socket at descriptor 3');
  return fromStreams(socket, socket, { codec: v8(), envelope: bare() });
}

async function answerTo(channel: Channel, message: unknown): Promise<unknown> {
  const answer = firstValueFrom(channel.messages$);
  channel.send(message);
  return await answer;
}

/** Source text, then typeof and constructor of what it makes. */
const VALUES: readonly (readonly [source: string, type: string, kind: string | null])[] = [
  ['null', 'object', null],
  ['true', 'boolean', null],
  ['"wörld 🌍"', 'string', null],
  ['-0', 'number', null],
  ['NaN', 'number', null],
  ['-Infinity', 'number', null],
  ['0.1', 'number', null],
  ['({ a: undefined, b: 2n ** 70n })', 'object', 'Object'],
  ['[1, , 3]', 'object', 'Array'],
  ['new Date(0)', 'object', 'Date'],
  ['/a(b)?/giu', 'object', 'RegExp'],
  ['new Map([[{ k: 1 }, new Set([-0, NaN])]])', 'object', 'Map'],
  ['new Set([[1n]])', 'object', 'Set'],
  ['new TypeError("went wrong")', 'object', 'TypeError'],
  ['Buffer.from("hi")', 'object', 'Buffer'],
  ['Uint8Array.of(1, 2)', 'object', 'Uint8Array'],
  ['Uint8ClampedArray.of(1)', 'object', 'Uint8ClampedArray'],
  ['Int8Array.of(-1)', 'object', 'Int8Array'],
  ['Int16Array.of(-1)', 'object', 'Int16Array'],
  ['Uint16Array.of(1)', 'object', 'Uint16Array'],
  ['Int32Array.of(-1)', 'object', 'Int32Array'],
  ['Uint32Array.of(4e9)', 'object', 'Uint32Array'],
  ['Float32Array.of(0.5)', 'object', 'Float32Array'],
  ['Float64Array.of(0.1, NaN)', 'object', 'Float64Array'],
  ['BigInt64Array.of(-1n)', 'object', 'BigInt64Array'],
  ['BigUint64Array.of(1n)', 'object', 'BigUint64Array'],
  ['new ArrayBuffer(2)', 'object', 'ArrayBuffer'],
  ['((o) => (o.self = o))({})', 'object', 'Object'],
  ['Object(1n)', 'object', 'BigInt'],
];

function made(source: string): unknown {
  return runInThisContext(source);
}

describe("a Node child with serialization 'advanced'", () => {
  it('reads every type as what was sent', async () => {
    const channel = started(REPORT);
    for (const [source, type, kind] of VALUES) {
      const value = made(source);
      expect(await answerTo(channel, value), source).toEqual({
        type,
        constructor: kind,
        buffer: kind === 'Buffer',
        error: kind === 'TypeError',
        shown: value instanceof Error ? value.message : inspect(value, { depth: 9 }),
      });
    }
    await channel.close();
  });

  it('writes every type so that it arrives as what it was', async () => {
    const channel = started(MAKE);
    for (const [source, type, kind] of VALUES) {
      const arrived = await answerTo(channel, source);

      expect(typeof arrived, source).toBe(type);
      if (kind !== null) expect(Object.getPrototypeOf(arrived).constructor.name).toBe(kind);
      if (kind === 'TypeError') expect(arrived).toMatchObject({ message: 'went wrong' });
      else expect(arrived).toStrictEqual(made(source));
    }
    await channel.close();
  });

  it('sends every type back as it came', async () => {
    const channel = started(ECHO);
    const sent = VALUES.map(([source]) => made(source));
    const answers = firstValueFrom(channel.messages$.pipe(take(sent.length), toArray()));
    channel.sendMany(sent);

    expect(await answers).toStrictEqual(sent);
    await channel.close();
  });

  it('writes native objects as plain ones', async () => {
    const channel = started(MAKE);
    const key = "Object.assign(require('node:crypto').createSecretKey(Buffer.from('k')), { label: 1 })";

    expect(await answerTo(channel, `({ key: ${key} })`)).toEqual({ key: { label: 1 } });
    await channel.close();
  });

  it('carries bytes of a mebibyte both ways, among small messages', async () => {
    const channel = started(ECHO);
    const large = Buffer.alloc(
      1024 * 1024,
      Uint8Array.from({ length: 251 }, (_, byte) => byte),
    );
    const wide = new Float64Array(131_072).map((_, index) => index / 3);
    const sent = ['before', large, 'between', { wide, large }, 'after'];
    const answers = firstValueFrom(channel.messages$.pipe(take(sent.length), toArray()));
    for (const message of sent) channel.send(message);
    const [before, first, between, second, after] = (await answers) as typeof sent;

    expect([before, between, after]).toEqual(['before', 'between', 'after']);
    expect(large.equals(first as Buffer)).toBe(true);
    const { wide: numbers, large: bytes } = second as { wide: Float64Array; large: Buffer };
    expect(large.equals(bytes)).toBe(true);
    expect(numbers).toBeInstanceOf(Float64Array);
    expect(Buffer.from(wide.buffer).equals(Buffer.from(numbers.buffer))).toBe(true);
    await channel.close();
  });

  it('keeps 1 000 messages in order, in few writes', async () => {
    const channel = started(ECHO);
    const sent = Array.from({ length: 1000 }, (_, id) => ({ id, bytes: Buffer.alloc(id % 300, id) }));
    const answers = firstValueFrom(channel.messages$.pipe(take(sent.length), toArray()));
    for (const message of sent) channel.send(message);

    expect(await answers).toStrictEqual(sent);
    expect(channel.metrics().writes).toBeLessThan(100);
    await channel.close();
  });

  it('ends by itself once the channel is closed, with nothing reported', async () => {
    const channel = started(ECHO);
    const failures: unknown[] = [];
    channel.failures$.subscribe(failure => failures.push(failure));
    const exited = once(child as ChildProcess, 'exit');
    await answerTo(channel, 'up');
    await channel.close();

    expect(await exited).toEqual([0, null]);
    expect(failures).toEqual([]);
  });
});
