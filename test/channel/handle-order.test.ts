import { Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HandleOrder } from '../../src/channel/handle-order.js';
import type { HandleLane, LaneListener } from '../../src/transport/handle-lane.js';

/** A lane whose other side is the test. */
function laneByHand() {
  let listener: LaneListener | undefined;
  const calls: string[] = [];
  const lane = {
    start: (to: LaneListener) => {
      listener = to;
    },
    open: () => {},
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
  } as unknown as HandleLane;
  return {
    lane,
    calls,
    arrive: (id: number, handle?: Server) => listener?.onHandle({ id, handle, dropped: false }),
    drop: (id: number) => listener?.onHandle({ id, handle: undefined, dropped: true }),
    end: () => listener?.onEnd(),
  };
}

function started(timeoutMs = 1000) {
  const byHand = laneByHand();
  const order = new HandleOrder<unknown>(byHand.lane, timeoutMs);
  const seen: unknown[] = [];
  const failures: string[] = [];
  const reading: string[] = [];
  const link = order.between(
    {
      onMessages: (messages, _bytes, arrival) =>
        seen.push(...messages.map(message => (arrival === undefined ? message : [message, arrival.take()]))),
      onFailure: () => {},
      onHandleFailure: ({ code }) => failures.push(code),
      onEnd: () => seen.push('end'),
      onError: error => seen.push(error),
      onProgress: () => {},
      onDrain: () => {},
    },
    { pause: () => reading.push('pause'), resume: () => reading.push('resume') },
  );

  function receive(messages: unknown[], marked: number[] = [], bytes = 1): void {
    if (marked.length > 0) order.marked(marked);
    link.onMessages(messages, bytes);
  }

  return { ...byHand, order, link, receive, seen, failures, reading };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('HandleOrder', () => {
  it('hands plain messages on as they come', () => {
    const { receive, seen } = started();
    receive([1, 2]);
    expect(seen).toEqual([1, 2]);
  });

  it('keeps what is behind a message until its handle is there', () => {
    const { receive, arrive, seen } = started();
    const handle = new Server();
    receive(['a', 'b', 'c'], [1]);
    receive(['d']);
    expect(seen).toEqual(['a']);
    arrive(1, handle);
    expect(seen).toEqual(['a', ['b', handle], 'c', 'd']);
  });

  it('takes handles that come before their messages', () => {
    const { receive, arrive, seen } = started();
    const [one, two] = [new Server(), new Server()];
    arrive(1, one);
    arrive(2, two);
    receive(['a', 'b'], [0, 1]);
    expect(seen).toEqual([
      ['a', one],
      ['b', two],
    ]);
  });

  it('closes the handle of a message that could not be read', () => {
    const { receive, arrive, seen, failures } = started();
    const unread = new Server();
    const close = vi.spyOn(unread, 'close');
    const handle = new Server();
    receive(['a', 'b'], [-1, 1]);
    arrive(1, unread);
    arrive(2, handle);
    expect(seen).toEqual(['a', ['b', handle]]);
    expect(close).toHaveBeenCalledTimes(1);
    expect(failures).toEqual(['ERR_HANDLE_UNCLAIMED']);
  });

  it('delivers a message alone, without a report, whose handle was closed by its sender', () => {
    const { receive, arrive, seen, failures } = started();
    receive(['a'], [0]);
    arrive(1);
    expect({ seen, failures }).toEqual({ seen: ['a'], failures: [] });
  });

  it('reports a handle that the system dropped', () => {
    const { receive, drop, seen, failures } = started();
    receive(['a'], [0]);
    drop(1);
    expect({ seen, failures }).toEqual({ seen: ['a'], failures: ['ERR_HANDLE_UNDELIVERED'] });
  });

  it('knows by a later handle that an earlier one never will come', () => {
    const { receive, arrive, seen, failures } = started();
    const handle = new Server();
    receive(['a', 'b'], [0, 1]);
    arrive(2, handle);
    expect(seen).toEqual(['a', ['b', handle]]);
    expect(failures).toEqual(['ERR_HANDLE_UNDELIVERED']);
  });

  it('gives up on a handle after handleTimeoutMs, each with a time of its own, and closes it when it comes', () => {
    const { receive, arrive, seen, failures } = started(1000);
    const late = new Server();
    const close = vi.spyOn(late, 'close');
    receive(['a', 'b', 'c'], [0, 1]);
    vi.advanceTimersByTime(999);
    expect(seen).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(seen).toEqual(['a']);
    vi.advanceTimersByTime(1000);
    expect(seen).toEqual(['a', 'b', 'c']);
    arrive(1, late);
    expect(close).toHaveBeenCalledTimes(1);
    expect(failures).toEqual(['ERR_HANDLE_UNDELIVERED', 'ERR_HANDLE_UNDELIVERED', 'ERR_HANDLE_UNCLAIMED']);
  });

  it('waits for nothing once the lane has ended', () => {
    const { receive, end, seen, failures } = started();
    receive(['a', 'b'], [0]);
    end();
    receive(['c'], [0]);
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(failures).toEqual(['ERR_HANDLE_UNDELIVERED', 'ERR_HANDLE_UNDELIVERED']);
  });

  it.each(['onEnd', 'onError'] as const)('tells %s after what waits', what => {
    const { link, receive, arrive, seen } = started();
    const handle = new Server();
    receive(['a'], [0]);
    if (what === 'onEnd') link.onEnd();
    else link.onError('error');
    expect(seen).toEqual([]);
    arrive(1, handle);
    expect(seen).toEqual([['a', handle], what === 'onEnd' ? 'end' : 'error']);
  });

  it('rests while too much waits for a handle, and reads on when it is handed on', () => {
    const { receive, arrive, reading } = started();
    receive(['a', 'b'], [0], 64 * 1024);
    expect(reading).toEqual(['pause']);
    arrive(1, new Server());
    expect(reading.at(-1)).toBe('resume');
  });

  it('does not read on against the will of the channel', () => {
    const { order, receive, arrive, reading } = started();
    order.pause();
    receive(['a'], [0]);
    arrive(1, new Server());
    expect(reading).not.toContain('resume');
    order.resume();
    expect(reading.at(-1)).toBe('resume');
  });

  it('lets the lane rest with 64 handles here, until their messages come', () => {
    const { receive, arrive, calls } = started();
    for (let id = 1; id <= 64; id += 1) arrive(id, new Server());
    expect(calls.at(-1)).toBe('pause');
    receive(['a'], [0]);
    expect(calls.at(-1)).toBe('resume');
  });

  it('closes what is here when the channel is destroyed, and waits for nothing', () => {
    const { order, receive, arrive, seen } = started();
    const handle = new Server();
    const close = vi.spyOn(handle, 'close');
    receive(['a'], [0]);
    arrive(2, handle);
    arrive(3, handle);
    order.destroy();
    expect(close).toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
    expect(seen).toEqual(['a']);
  });
});
