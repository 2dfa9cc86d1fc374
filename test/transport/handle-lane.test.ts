import { EventEmitter } from 'node:events';
import { Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ArrivedHandle, HandleLane } from '../../src/transport/handle-lane.js';
import type { LaneEnd, NodeChannel } from '../../src/transport/lane-end.js';
import type { OutgoingHandle } from '../../src/transport/outgoing-handle.js';

/** Node's channel, played by the test. */
class Channel extends EventEmitter {
  connected = true;
  channel: { ref(): void; unref(): void } | null = { ref: vi.fn(), unref: vi.fn() };
  _handleQueue: unknown = null;
  _pendingMessage: unknown = null;
  readonly sent: unknown[] = [];
  _send = (message: unknown, ...rest: unknown[]): boolean => {
    this.sent.push(message);
    const callback = rest.find(argument => typeof argument === 'function') as
      | ((error: Error | null) => void)
      | undefined;
    if (callback !== undefined) process.nextTick(callback, this.writeError);
    return true;
  };
  writeError: Error | null = null;
  disconnect(): void {}

  answer(cmd: 'NODE_HANDLE_ACK' | 'NODE_HANDLE_NACK'): Promise<void> {
    this.emit('internalMessage', { cmd });
    return ticks();
  }
}

interface Recorded extends OutgoingHandle {
  readonly calls: string[];
}

function outgoing(sends = true): Recorded {
  const calls: string[] = [];
  return {
    calls,
    send: () => {
      calls.push('send');
      return sends;
    },
    arrived: () => calls.push('arrived'),
    restore: () => calls.push('restore'),
  };
}

function started({ peerKnown = true } = {}) {
  const channel = new Channel();
  const pipe = { open: vi.fn(), readStart: vi.fn(), readStop: vi.fn(), close: vi.fn(), onread: vi.fn() };
  const end: LaneEnd = { channel: channel as unknown as NodeChannel, pipe };
  const open = vi.fn(() => end);
  const lane = new HandleLane({ end: open, peerKnown });
  const arrived: ArrivedHandle[] = [];
  const ended = vi.fn();
  lane.start({ onHandle: handle => arrived.push(handle), onEnd: ended }, 1000);
  return { lane, channel, pipe, open, arrived, ended };
}

function ticks(): Promise<void> {
  return new Promise(resolve => process.nextTick(() => process.nextTick(() => process.nextTick(resolve))));
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('what Node makes of what comes', () => {
  it('may break while it waits for somebody who takes it', async () => {
    const { lane, channel, arrived } = started();
    lane.open();
    const socket = new Socket();
    channel.emit('message', { id: 1 }, socket);
    socket.emit('error', new Error('reset'));
    await ticks();
    expect(arrived).toMatchObject([{ id: 1, handle: socket }]);
  });

  it('is closed where it is nothing that a program of ours sends', () => {
    const { lane, channel, arrived } = started();
    lane.open();
    const native = { close: vi.fn() };
    channel.emit('message', { id: 1 }, native);
    expect(native.close).toHaveBeenCalledTimes(1);
    expect(arrived).toMatchObject([{ id: 1, handle: undefined }]);
  });
});

describe('handles that leave', () => {
  it('go one at a time, each after the answer to the one before', async () => {
    const { lane, channel } = started();
    const [one, two] = [outgoing(), outgoing()];
    const settled: unknown[] = [];
    lane.send(1, one, error => settled.push(error));
    lane.send(2, two, error => settled.push(error));
    expect([one.calls, two.calls]).toEqual([['send'], []]);
    await channel.answer('NODE_HANDLE_ACK');
    expect([one.calls, two.calls, settled]).toEqual([['send', 'arrived'], ['send'], [null]]);
    await channel.answer('NODE_HANDLE_ACK');
    expect(settled).toEqual([null, null]);
  });

  it('open the lane, which keeps the process alive until the last has gone', async () => {
    const { lane, channel, open } = started();
    expect(open).not.toHaveBeenCalled();
    lane.send(1, outgoing(), () => {});
    const { ref, unref } = channel.channel as { ref(): void; unref(): void };
    expect(ref).toHaveBeenCalledTimes(1);
    expect(unref).toHaveBeenCalledTimes(1);
    await channel.answer('NODE_HANDLE_ACK');
    expect(unref).toHaveBeenCalledTimes(2);
  });

  it('need no answer if they were closed before their turn', async () => {
    const { lane } = started();
    const settled: unknown[] = [];
    lane.send(1, outgoing(false), error => settled.push(error));
    await ticks();
    expect(settled).toEqual([null]);
    expect(lane.queued).toBe(0);
  });

  it('stay here when the peer got none, which is told so, and not sent again', async () => {
    const { lane, channel } = started();
    const [one, two] = [outgoing(), outgoing()];
    const settled: unknown[] = [];
    lane.send(1, one, error => settled.push(error));
    lane.send(2, two, () => {});
    channel._pendingMessage = {};
    await channel.answer('NODE_HANDLE_NACK');
    expect(channel._pendingMessage).toBeNull();
    expect(one.calls).toEqual(['send', 'restore']);
    expect(settled).toMatchObject([{ code: 'ERR_HANDLE_UNDELIVERED' }]);
    expect(channel.sent).toEqual([{ id: 1, dropped: true }]);
    expect(two.calls).toEqual(['send']);
  });

  it.each([
    ['is closed here', ({ lane }: ReturnType<typeof started>) => lane.close()],
    ['is closed by the peer', ({ channel }: ReturnType<typeof started>) => channel.disconnect()],
  ])('all stay here when the lane %s, and later ones, too', async (_how, close) => {
    const all = started();
    const handles = [outgoing(), outgoing(), outgoing()];
    const settled: unknown[] = [];
    const [one, two, three] = handles as [Recorded, Recorded, Recorded];
    all.lane.send(1, one, error => settled.push(error));
    all.lane.send(2, two, error => settled.push(error));
    close(all);
    all.lane.send(3, three, error => settled.push(error));
    await ticks();
    expect(settled.map(error => (error as { code: string }).code)).toEqual(
      Array(3).fill('ERR_HANDLE_UNDELIVERED'),
    );
    expect(handles.map(({ calls }) => calls.at(-1))).toEqual(['restore', 'restore', 'restore']);
    expect(all.ended).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(all.pipe.close).toHaveBeenCalledTimes(1));
  });

  it('stay here if a peer that may know nothing of lanes is silent for handleTimeoutMs', async () => {
    const { lane } = started({ peerKnown: false });
    const settled: unknown[] = [];
    lane.send(1, outgoing(), error => settled.push(error));
    await vi.advanceTimersByTimeAsync(999);
    expect(settled).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toMatchObject([{ code: 'ERR_HANDLE_UNDELIVERED' }]);
  });

  it.each([
    ['is known', { peerKnown: true }, false],
    ['has answered once', { peerKnown: false }, true],
  ])('wait as long as it takes for a peer that %s', async (_what, options, answers) => {
    const { lane, channel } = started(options);
    const settled: unknown[] = [];
    if (answers) {
      lane.send(1, outgoing(), () => {});
      await channel.answer('NODE_HANDLE_ACK');
    }
    lane.send(2, outgoing(), error => settled.push(error));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(settled).toEqual([]);
    lane.close();
  });

  it('go out together when the process exits', () => {
    const { lane, channel } = started();
    const handles = [outgoing(), outgoing(), outgoing()] as const;
    lane.send(1, handles[0], () => {});
    lane.send(2, handles[1], () => {});
    channel._handleQueue = [];
    lane.drainAtExit([[3, handles[2]]]);
    expect(handles.map(({ calls }) => calls)).toEqual([['send'], ['send'], ['send']]);
    expect(channel._handleQueue).toBeNull();
  });
});

describe('a lane that nobody has needed', () => {
  it('gives up its descriptor when the channel ends, and is not opened afterwards', async () => {
    const discard = vi.fn();
    const end = vi.fn();
    const lane = new HandleLane({ end, discard, peerKnown: true });
    const { calls, ...handle } = outgoing();
    lane.close();
    lane.close();
    lane.open();
    const settled = new Promise(resolve => lane.send(1, handle, resolve));
    expect(await settled).toMatchObject({ code: 'ERR_HANDLE_UNDELIVERED' });
    expect(calls).toEqual(['restore']);
    expect(discard).toHaveBeenCalledTimes(1);
    expect(end).not.toHaveBeenCalled();
  });
});

describe('handles that come', () => {
  it('are answered the first time before they are delivered', async () => {
    const { lane, channel, arrived } = started();
    lane.open();
    const handle = new Server();
    channel.emit('message', { id: 1 }, handle);
    expect(arrived).toEqual([]);
    await ticks();
    channel.emit('message', { id: 2 }, handle);
    expect(arrived.map(({ id }) => id)).toEqual([1, 2]);
    expect(channel.sent).toEqual([{ taken: true }]);
  });

  it('are closed if their sender cannot be answered, and so has kept them', async () => {
    const { lane, channel, arrived } = started();
    lane.open();
    channel.writeError = new Error('EPIPE');
    const handle = new Server();
    const close = vi.spyOn(handle, 'close');
    channel.emit('message', { id: 1 }, handle);
    await ticks();
    expect(arrived).toEqual([]);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('are delivered at once if their sender exits', () => {
    const { lane, channel, arrived } = started();
    lane.open();
    channel.emit('message', { id: 1, last: true }, new Server());
    expect(arrived).toHaveLength(1);
  });

  it.each([[null], [{}], [{ id: '1' }], ['id']])('are closed with a tag that says nothing: %j', tag => {
    const { lane, channel, arrived } = started();
    lane.open();
    const handle = new Server();
    const close = vi.spyOn(handle, 'close');
    channel.emit('message', tag, handle);
    expect(arrived).toEqual([]);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('stay in the kernel while the lane rests', () => {
    const { lane, pipe } = started();
    lane.pause();
    lane.open();
    expect(pipe.readStop).toHaveBeenCalledTimes(1);
    lane.resume();
    expect(pipe.readStart).toHaveBeenCalledTimes(1);
  });

  it('are not acknowledged after the end, where Node would fail', async () => {
    const { lane, channel } = started();
    lane.open();
    channel.channel = null;
    expect(channel._send({ cmd: 'NODE_HANDLE_ACK' })).toBe(false);
    expect(channel.sent).toEqual([]);
  });
});
