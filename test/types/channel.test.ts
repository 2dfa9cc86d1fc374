// Checked by `npm run types`; that it runs as well shows that the calls do what their types say.

import type { ChildProcess } from 'node:child_process';
import type { Histogram } from 'node:perf_hooks';
import {
  type Channel,
  type ChildChannel,
  type CloseReason,
  type Codec,
  connect,
  type DiagnosticsMessages,
  fork,
  fromStreams,
  hasParent,
  IpcError,
  json,
  listen,
  type MetricsSample,
  metrics$,
  open,
  pair,
  parent,
  spawn,
  v8,
  validated,
} from 'deka-ipc';
import { msgpack } from 'deka-ipc/msgpack';
import { memoryTransports } from 'deka-ipc/testing';
import { firstValueFrom, map, type Observable } from 'rxjs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';

interface Job {
  id: number;
}
interface Result {
  id: number;
  text: string;
}

const never = (): boolean => false;
const result = z.object({ id: z.number(), text: z.string() });

describe('Channel<Out, In>', () => {
  it('goes from the function that makes it to messages$', () => {
    if (never()) {
      expectTypeOf(fork<Job, Result>('worker.js')).toEqualTypeOf<ChildChannel<Job, Result>>();
      expectTypeOf(spawn<Job, Result>('worker')).toEqualTypeOf<ChildChannel<Job, Result>>();
      expectTypeOf(parent<Result, Job>()).toEqualTypeOf<Channel<Result, Job>>();
      expectTypeOf(connect<Job, Result>('/tmp/s')).toEqualTypeOf<Promise<Channel<Job, Result>>>();
      expectTypeOf(fromStreams<Job, Result>(process.stdin, process.stdout)).toEqualTypeOf<
        Channel<Job, Result>
      >();
      expectTypeOf(fork<Job, Result>('worker.js').messages$).toEqualTypeOf<Observable<Result>>();
      expectTypeOf(fork<Job, Result>('worker.js').batches$).toEqualTypeOf<Observable<readonly Result[]>>();
    }
    expectTypeOf(hasParent).returns.toBeBoolean();
  });

  it('is unknown where nobody says what it is', () => {
    if (never()) {
      expectTypeOf(fork('worker.js')).toEqualTypeOf<ChildChannel<unknown, unknown>>();
      expectTypeOf(parent().messages$).toEqualTypeOf<Observable<unknown>>();
    }
    expectTypeOf(json()).toEqualTypeOf<Codec<unknown, unknown>>();
  });

  it('is what the codec is', () => {
    const [transport] = memoryTransports();
    const channel = open(transport, { codec: json<Job, Result>() });
    expectTypeOf(channel).toEqualTypeOf<Channel<Job, Result>>();
    if (never()) {
      expectTypeOf(fork('worker.js', [], { codec: v8<Job, Result>() })).toEqualTypeOf<
        ChildChannel<Job, Result>
      >();
      expectTypeOf(parent({ codec: msgpack<Result, Job>() })).toEqualTypeOf<Channel<Result, Job>>();
      expectTypeOf(listen('/tmp/s', { codec: json<Job, Result>() })).resolves.toHaveProperty('channels$');
    }
    channel.destroy();
  });

  it('receives what the schema gives', () => {
    const [transport] = memoryTransports();
    const channel = open(transport, { codec: validated(json<Job>(), result) });
    expectTypeOf(channel).toEqualTypeOf<Channel<Job, Result>>();
    const coerced = validated(msgpack<Job>(), z.object({ at: z.coerce.date() }));
    expectTypeOf(coerced).toEqualTypeOf<Codec<Job, { at: Date }>>();
    channel.destroy();
  });

  it('sends only what it is said to send', () => {
    const [left, right] = pair<Job, Result>();
    expectTypeOf(left).toEqualTypeOf<Channel<Job, Result>>();
    expectTypeOf(right).toEqualTypeOf<Channel<Result, Job>>();
    left.send({ id: 1 });
    left.sendMany([{ id: 1 }, { id: 2 }]);
    void left.sendAll([{ id: 1 }]).catch(() => {});
    void left.sendAll(right.messages$.pipe(map(({ id }) => ({ id })))).catch(() => {});
    // @ts-expect-error: text is of the other direction
    left.send({ id: 1, text: 'x' });
    // @ts-expect-error: an id is a number
    left.send({ id: '1' });
    // @ts-expect-error: one message is not many
    expect(() => left.sendMany({ id: 1 })).toThrow();
    // @ts-expect-error: results are not jobs
    void left.sendAll([{ text: 'x' }]).catch(() => {});
    // @ts-expect-error: a callback is told of an error or null
    left.send({ id: 1 }, (error: string) => error);
    left.destroy();
    right.destroy();
  });

  it('is what the codec is at both ends of a pair, which sends what it receives', () => {
    const [left, right] = pair({ codec: validated(json(), result) });
    expectTypeOf(left.messages$).toEqualTypeOf<Observable<Result>>();
    expectTypeOf(right.messages$).toEqualTypeOf<Observable<Result>>();
    const [jobs, results] = pair<Job, Result>({ codec: json() });
    expectTypeOf(jobs).toEqualTypeOf<Channel<Job, Result>>();
    expectTypeOf(results).toEqualTypeOf<Channel<Result, Job>>();
    for (const channel of [left, right, jobs, results]) channel.destroy();
  });

  it('gives what it is said to receive, in each way of receiving', async () => {
    const [left, right] = pair<Job, Result>();
    const first = firstValueFrom(left.messages$);
    right.send({ id: 1, text: 'x' });
    expectTypeOf(await first).toEqualTypeOf<Result>();
    right.send({ id: 2, text: 'y' });
    for await (const message of left) {
      expectTypeOf(message).toEqualTypeOf<Result>();
      // @ts-expect-error: a result has no such property
      expect(message.other).toBeUndefined();
      break;
    }
    expectTypeOf(left.failures$).toEqualTypeOf<Observable<IpcError>>();
    expectTypeOf(left.closed).toEqualTypeOf<Promise<CloseReason>>();
    left.destroy();
    right.destroy();
  });
});

describe('options that are handed on', () => {
  it('may be undefined, as if they were not there', () => {
    interface Own {
      readonly signal?: AbortSignal | undefined;
      readonly highWaterMarkBytes?: number | undefined;
    }
    const own: Own = {};
    const [left, right] = pair({ signal: own.signal, highWaterMarkBytes: own.highWaterMarkBytes });
    void left.sendAll([1], { signal: own.signal }).catch(() => {});
    if (never()) {
      fork('worker.js', [], { signal: own.signal, codec: undefined, handles: undefined, wire: undefined });
      void listen('/tmp/s', { maxConnections: undefined });
      left.send(1, undefined, { keepOpen: undefined });
    }
    left.destroy();
    right.destroy();
  });
});

describe('what watches', () => {
  it('is typed as what Node has', () => {
    const [left, right] = pair<Job, Result>();
    expectTypeOf(left.queueDelay()).toEqualTypeOf<Histogram>();
    expectTypeOf(metrics$(left)).toEqualTypeOf<Observable<MetricsSample>>();
    expectTypeOf<MetricsSample['queueDelayNs']>().toEqualTypeOf<
      { readonly p50: number; readonly p99: number; readonly max: number } | undefined
    >();
    // @ts-expect-error: nobody but the channel records
    expect(() => left.queueDelay().record(0)).toThrow();
    left.destroy();
    right.destroy();
  });

  it('gets messages by the name they are published under', () => {
    type Message<Event extends string> = DiagnosticsMessages[`deka-ipc:channel:${Event}` &
      keyof DiagnosticsMessages];
    expectTypeOf<Message<'open'>['channel']>().toExtend<Channel>();
    expectTypeOf<Message<'open'>['channel']['process']>().toEqualTypeOf<ChildProcess | undefined>();
    expectTypeOf<Message<'close'>['reason']>().toEqualTypeOf<CloseReason>();
    expectTypeOf<Message<'badFrame'>['error']>().toEqualTypeOf<IpcError>();
    expectTypeOf<Message<'drain'>['queuedBytes']>().toBeNumber();
    // @ts-expect-error: no such name
    expectTypeOf<DiagnosticsMessages['deka-ipc:channel:message']>().toBeAny();
  });
});

describe('what plugs in', () => {
  it('is refused if its types do not fit', () => {
    const [transport] = memoryTransports();
    const csv: Codec<string[], string[]> = {
      name: 'csv',
      framing: json().framing,
      create: () => ({ encode: row => row.join(','), decode: frame => String(frame).split(',') }),
    };
    const channel = open(transport, { codec: csv });
    expectTypeOf(channel).toEqualTypeOf<Channel<string[], string[]>>();
    // @ts-expect-error: the codec writes rows
    expect(() => channel.send({ id: 1 })).toThrow();
    // @ts-expect-error: a codec has a framing
    const without: Codec = { name: 'x', create: () => ({ encode: String, decode: String }) };
    // @ts-expect-error: a coder decodes
    const mute: Codec = { name: 'x', framing: json().framing, create: () => ({ encode: String }) };
    // @ts-expect-error: no such option
    if (never()) open(transport, { codecs: csv });
    // @ts-expect-error: not a Standard Schema
    const loose = () => validated(json(), { parse: () => 1 });
    expectTypeOf([without, mute, loose]).toBeArray();
    channel.destroy();
  });

  it('reports errors by codes that are known', () => {
    const error = new IpcError('ERR_DECODE', 'text');
    expectTypeOf(error.code).not.toBeAny();
    // @ts-expect-error: no such code
    expect(error.code === 'ERR_NOTHING').toBe(false);
    // @ts-expect-error: no such code
    expect(new IpcError('ERR_NOTHING', 'text')).toBeInstanceOf(Error);
  });
});
