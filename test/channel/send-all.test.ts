import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { EMPTY, interval, NEVER, Observable, of, range, Subject, throwError } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { open, pair } from '../../src/channel/open.js';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';
import { collect, turns } from '../support/collect.js';
import { linesOf } from '../support/deka-lines.js';

const closedError = expect.objectContaining({ code: 'ERR_CHANNEL_CLOSED' });

describe('sendAll', () => {
  it.each([
    ['an array', () => [1, 2, 3]],
    ['an iterator of a set', () => new Set([1, 2, 3]).values()],
    ['an Observable', () => of(1, 2, 3)],
    [
      'an async generator',
      async function* () {
        yield* [1, 2, 3];
      },
    ],
    ['a Readable', () => Readable.from([1, 2, 3])],
    ['a web stream', () => Readable.toWeb(Readable.from([1, 2, 3]))],
    ['an array-like', () => ({ length: 3, 0: 1, 1: 2, 2: 3 })],
  ])('sends what %s yields and counts it', async (_what, source) => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    expect(await channel.sendAll(source())).toBe(3);
    expect(transport.written.join('')).toBe(linesOf(1, 2, 3));
  });

  it('sends what a promise resolves to', async () => {
    const transport = new ScriptedTransport();
    expect(await open(transport).sendAll(Promise.resolve('one'))).toBe(1);
    expect(transport.written).toEqual([linesOf('one')]);
  });

  it('is 0 for an empty source', async () => {
    expect(await open(new ScriptedTransport()).sendAll(EMPTY)).toBe(0);
    expect(await open(new ScriptedTransport()).sendAll([])).toBe(0);
  });

  it('pulls no further than the peer reads', async () => {
    const transport = new ScriptedTransport();
    transport.answering = 'by hand';
    const channel = open(transport, { highWaterMarkBytes: 1000 });
    let pulled = 0;
    function* endless() {
      for (;;) {
        pulled += 1;
        yield pulled;
      }
    }
    const sending = channel.sendAll(endless());
    await turns();
    const before = pulled;
    expect(before).toBeLessThan(20);
    await turns();
    expect(pulled).toBe(before);
    transport.release();
    await turns();
    expect(pulled).toBeGreaterThan(before);
    channel.destroy();
    await expect(sending).rejects.toEqual(closedError);
  });

  it('lets timers run although the peer takes everything at once', async () => {
    const channel = open(new ScriptedTransport());
    const controller = new AbortController();
    function* endless() {
      for (;;) yield 'x'.repeat(1000);
    }
    setTimeout(() => controller.abort(new Error('time is up')), 5);
    await expect(channel.sendAll(endless(), { signal: controller.signal })).rejects.toThrow('time is up');
  });

  it('resolves only when the kernel has everything', async () => {
    const transport = new ScriptedTransport();
    transport.answering = 'by hand';
    const done = vi.fn();
    void open(transport).sendAll([1]).then(done);
    await turns();
    expect(done).not.toHaveBeenCalled();
    transport.release();
    await vi.waitFor(() => expect(done).toHaveBeenCalledWith(1));
  });

  it('rejects with what the source throws; what came before it was sent', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    async function* failing() {
      yield 1;
      throw new Error('source');
    }
    await expect(channel.sendAll(failing())).rejects.toThrow('source');
    await expect(channel.sendAll(throwError(() => new Error('observable')))).rejects.toThrow('observable');
    await channel.flush();
    expect(transport.written).toEqual([linesOf(1)]);
  });

  it('tells a pulled source to stop when a message cannot be sent', async () => {
    const returned = vi.fn();
    function* source() {
      try {
        yield undefined;
      } finally {
        returned();
      }
    }
    await expect(open(new ScriptedTransport()).sendAll(source())).rejects.toMatchObject({
      code: 'ERR_ENCODE',
    });
    expect(returned).toHaveBeenCalledOnce();
  });

  it('stops an endless synchronous Observable once the queue is full', async () => {
    const transport = new ScriptedTransport();
    transport.answering = 'by hand';
    const channel = open(transport, { maxQueueBytes: 10_000 });
    await expect(channel.sendAll(range(0, Number.POSITIVE_INFINITY))).rejects.toMatchObject({
      code: 'ERR_QUEUE_FULL',
    });
  });

  it('unsubscribes from an Observable when the channel ends', async () => {
    const torn = vi.fn();
    const channel = open(new ScriptedTransport());
    const sending = channel.sendAll(new Observable<number>(() => torn));
    channel.destroy();
    await expect(sending).rejects.toEqual(closedError);
    expect(torn).toHaveBeenCalledOnce();
  });

  it('does not count what comes when the peer has ended its side, and says that the channel is closed', async () => {
    const transport = new ScriptedTransport('by hand');
    const channel = open(transport);
    const source = new Subject<number>();
    const sending = channel.sendAll(source);
    source.next(1);
    await turns();
    transport.peerEnds();
    await turns();
    source.next(2);
    source.complete();
    await turns();
    transport.release();
    await expect(sending).rejects.toEqual(closedError);
    expect(channel.metrics().sent.messages).toBe(1);
  });

  it('ends a wait for a source that yields nothing when the channel ends', async () => {
    const source = new PassThrough({ objectMode: true });
    const channel = open(new ScriptedTransport());
    const sending = channel.sendAll(source);
    channel.destroy();
    await expect(sending).rejects.toEqual(closedError);
    await vi.waitFor(() => expect(source.destroyed).toBe(true));
  });

  it('stops with the reason of its signal, before or in the middle', async () => {
    const channel = open(new ScriptedTransport());
    const early = channel.sendAll(NEVER, { signal: AbortSignal.abort(new Error('early')) });
    await expect(early).rejects.toThrow('early');
    const controller = new AbortController();
    const sending = channel.sendAll(interval(1), { signal: controller.signal });
    controller.abort(new Error('in the middle'));
    await expect(sending).rejects.toThrow('in the middle');
    expect(channel.connected).toBe(true);
  });

  it('ends a stream, and subscribes to nothing, if its signal has aborted beforehand', async () => {
    const channel = open(new ScriptedTransport());
    const signal = AbortSignal.abort(new Error('early'));
    const stream = new PassThrough({ objectMode: true });
    const subscribed = vi.fn();
    await expect(channel.sendAll(stream, { signal })).rejects.toThrow('early');
    await expect(channel.sendAll(new Observable(subscribed), { signal })).rejects.toThrow('early');
    expect(stream.destroyed).toBe(true);
    expect(subscribed).not.toHaveBeenCalled();
  });

  it('rejects with ERR_INVALID_OPTION for what is no source', async () => {
    await expect(open(new ScriptedTransport()).sendAll(7 as never)).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
    });
  });

  it('echoes a channel into itself: reading and sending keep step', async () => {
    const [a, b] = pair<number, number>();
    void b.sendAll(b);
    const { completed } = collect(a.messages$);
    const numbers = Array.from({ length: 20_000 }, (_, i) => i);
    await a.sendAll(numbers);
    await a.close();
    expect(await completed).toEqual(numbers);
  });

  it('sends a file as it is read', async () => {
    const path = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
    const [a, b] = pair<string, string>();
    const { completed } = collect(b.messages$);
    await a.sendAll(createReadStream(path, { encoding: 'utf8', highWaterMark: 1000 }));
    await a.close();
    expect((await completed).join('')).toBe(await readFile(path, 'utf8'));
  });
});
