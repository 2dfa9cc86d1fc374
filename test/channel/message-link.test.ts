import { EventEmitter } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SendCallback } from '../../src/channel/channel.js';
import type { MessageEnd } from '../../src/channel/message-end.js';
import { messageLink } from '../../src/channel/message-link.js';
import { turns } from '../support/collect.js';

/** A runtime's `process`, which sends when the test says so. */
class Runtime extends EventEmitter implements MessageEnd {
  connected = true;
  readonly calls: string[] = [];
  readonly channel = { ref: () => void this.calls.push('ref'), unref: () => void this.calls.push('unref') };
  readonly sent: unknown[] = [];
  room = true;
  #callbacks: SendCallback[] = [];

  send(message: unknown, _handle: undefined, _options: undefined, callback: SendCallback): boolean {
    if (typeof message === 'bigint') throw new TypeError('no bigints');
    this.sent.push(message);
    this.#callbacks.push(callback);
    return this.room;
  }

  disconnect(): void {
    this.connected = false;
    this.calls.push('disconnect');
  }

  /** All that was sent has left. */
  settle(error: Error | null = null): void {
    this.sending()(error);
  }

  /** What was sent so far leaves when the function is called. */
  sending(): (error?: Error | null) => void {
    const callbacks = this.#callbacks.splice(0);
    return (error = null) => {
      for (const callback of callbacks) callback(error);
    };
  }
}

function started() {
  const runtime = new Runtime();
  const link = messageLink<unknown, unknown>(runtime);
  const listener = {
    onMessages: vi.fn(),
    onFailure: vi.fn(),
    onHandleFailure: vi.fn(),
    onEnd: vi.fn(),
    onError: vi.fn(),
    onProgress: vi.fn(),
    onDrain: vi.fn(),
  };
  link.start(listener);
  return { runtime, link, listener };
}

describe('messageLink', () => {
  it('hands on each message, and the end', () => {
    const { runtime, link, listener } = started();
    runtime.emit('message', { a: 1 });
    runtime.emit('message', null);
    runtime.emit('disconnect');
    expect(listener.onMessages.mock.calls).toEqual([
      [[{ a: 1 }], 0],
      [[null], 0],
    ]);
    expect(listener.onEnd).toHaveBeenCalledTimes(1);
    expect(link.counters()).toMatchObject({ reads: 2, bytesReceived: 0 });
  });

  it('tells how long each message took from send to its callback, once somebody wants to know', () => {
    onTestFinished(() => void vi.useRealTimers());
    vi.useFakeTimers({ toFake: ['performance'] });
    const { runtime, link } = started();
    const delays: number[] = [];
    link.send('before');
    link.recordDelays(delayMs => delays.push(delayMs));
    link.send('a');
    vi.advanceTimersByTime(5);
    link.send('b');
    vi.advanceTimersByTime(1);
    runtime.settle();
    link.send('never sent');
    runtime.settle(new Error('gone'));
    expect(delays).toEqual([6, 1]);
  });

  it('keeps what comes while paused, for the tick after it resumes', async () => {
    const { runtime, link, listener } = started();
    link.pause();
    link.pause();
    runtime.emit('message', 1);
    runtime.emit('message', 2);
    expect(listener.onMessages).not.toHaveBeenCalled();
    link.resume();
    link.resume();
    runtime.emit('message', 3); // not before those that wait
    expect(listener.onMessages).not.toHaveBeenCalled();
    await turns(1);
    runtime.emit('message', 4);
    expect(listener.onMessages.mock.calls).toEqual([
      [[1, 2, 3], 0],
      [[4], 0],
    ]);
  });

  it('goes on keeping if it is paused again at once', async () => {
    const { runtime, link, listener } = started();
    link.pause();
    runtime.emit('message', 1);
    link.resume();
    link.pause();
    await turns(1);
    expect(listener.onMessages).not.toHaveBeenCalled();
    link.resume();
    await turns(1);
    expect(listener.onMessages.mock.calls).toEqual([[[1], 0]]);
  });

  it('hands on what it keeps before the end', () => {
    const { runtime, link, listener } = started();
    link.pause();
    runtime.emit('message', 1);
    runtime.emit('disconnect');
    expect(listener.onMessages.mock.calls).toEqual([[[1], 0]]);
    expect(listener.onMessages.mock.invocationCallOrder[0]).toBeLessThan(
      listener.onEnd.mock.invocationCallOrder[0] ?? 0,
    );
  });

  it('calls back with null, not in the tick in which the runtime does', async () => {
    const { runtime, link, listener } = started();
    const callback = vi.fn();
    expect(link.send('message', callback)).toBe(true);
    runtime.settle();
    expect(callback).not.toHaveBeenCalled();
    await turns(1);
    expect(callback.mock.calls).toEqual([[null]]);
    expect(listener.onProgress).toHaveBeenCalledTimes(1);
  });

  it('sends many in order, and calls back after the last', async () => {
    const { runtime, link } = started();
    const callback = vi.fn();
    expect(link.sendMany([1, 2, 3], callback)).toBe(true);
    expect(runtime.sent).toEqual([1, 2, 3]);
    expect(link.counters()).toMatchObject({ sent: 3, writes: 3, bytesSent: 0, queuedBytes: 0 });
    runtime.settle();
    await turns(1);
    expect(callback.mock.calls).toEqual([[null]]);
    expect(link.sendMany([], callback)).toBe(true);
    await turns(1);
    expect(callback).toHaveBeenCalledTimes(2);
  });

  it('throws ERR_ENCODE for what the runtime cannot send, and waits for nothing', async () => {
    const { link } = started();
    expect(() => link.send(1n)).toThrow(expect.objectContaining({ code: 'ERR_ENCODE' }));
    await link.flush();
    expect(link.counters().sent).toBe(0);
  });

  it('is blocked from a false of the runtime until its queue is empty', async () => {
    const { runtime, link, listener } = started();
    runtime.room = false;
    expect(link.send(1)).toBe(false);
    runtime.room = true;
    expect(link.send(2)).toBe(false);
    const ready = vi.fn();
    const waiting = link.ready().then(ready);
    await turns(1);
    expect(ready).not.toHaveBeenCalled();
    runtime.settle();
    await waiting;
    expect(listener.onDrain).toHaveBeenCalledTimes(1);
    expect(link.send(3)).toBe(true);
    await link.ready();
  });

  it('flushes once all is settled', async () => {
    const { runtime, link } = started();
    await link.flush();
    const flushed = vi.fn();
    link.send(1);
    const first = link.flush().then(flushed);
    await turns(1);
    expect(flushed).not.toHaveBeenCalled();
    runtime.settle();
    await first;
  });

  it('flushes what was sent so far, whatever is sent behind it', async () => {
    const { runtime, link } = started();
    link.send(1);
    const flushed = link.flush();
    const settle = runtime.sending();
    link.send(2);
    settle();
    await flushed;
    runtime.settle();
  });

  it('tells ERR_CHANNEL_CLOSED of what the runtime could not send', async () => {
    const { runtime, link } = started();
    const callback = vi.fn();
    const closed = expect.objectContaining({ code: 'ERR_CHANNEL_CLOSED' });
    link.send(1, callback);
    const flushed = link.flush();
    runtime.settle(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await expect(flushed).rejects.toEqual(closed);
    await turns(1);
    expect(callback.mock.calls).toEqual([[closed]]);
  });

  it('tells whoever waits when it fails, once', async () => {
    const { runtime, link, listener } = started();
    const callback = vi.fn();
    const closed = new Error('closed');
    runtime.room = false;
    link.send(1, callback);
    const flushed = link.flush();
    link.fail(closed);
    await expect(flushed).rejects.toBe(closed);
    await expect(link.flush()).rejects.toBe(closed);
    await expect(link.ready()).rejects.toBe(closed);
    runtime.settle();
    await turns(1);
    expect(callback.mock.calls).toEqual([[closed]]);
    expect(listener.onDrain).not.toHaveBeenCalled();
  });

  it('steers the channel of the runtime, as long as there is one', () => {
    const { runtime, link } = started();
    link.ref();
    link.unref();
    link.end();
    link.end();
    expect(runtime.calls).toEqual(['ref', 'unref', 'disconnect']);
    const bare = messageLink(Object.assign(new EventEmitter(), { channel: null }));
    bare.ref();
    bare.unref();
    bare.end();
  });

  it('leaves the runtime without listeners', () => {
    const { runtime, link, listener } = started();
    link.destroy();
    runtime.emit('message', 1);
    runtime.emit('disconnect');
    expect(listener.onMessages).not.toHaveBeenCalled();
    expect(listener.onEnd).not.toHaveBeenCalled();
    expect([runtime.listenerCount('message'), runtime.listenerCount('disconnect')]).toEqual([0, 0]);
    expect(runtime.calls).toEqual(['disconnect']);
  });
});
