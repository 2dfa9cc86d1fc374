import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';
import type { Taken, Transport } from '../../src/transport/transport.js';
import { FRAME_CHARGE_BYTES } from '../../src/transport/write-queue.js';
import { Writer, type WriterLimits } from '../../src/transport/writer.js';
import { code } from '../support/errors.js';

const GONE = new Error('gone');

describe('writing', () => {
  it('writes what one tick pushed once, in order', async () => {
    const { writer, transport } = setUp();
    for (const piece of ['a', 'b', 'c']) writer.push(piece, 1);
    expect(transport.written).toEqual([]);
    await turn();
    expect(transport.written).toEqual(['abc']);
  });

  it('writes a full batch without waiting for the end of the tick', () => {
    const { writer, transport } = setUp({ maxBatchBytes: 2 });
    writer.push('ab', 1);
    expect(transport.written).toEqual(['ab']);
  });

  it('makes one write at a time; what comes meanwhile joins the next', async () => {
    const { writer, transport } = setUp();
    writer.push('a', 1);
    await turn();
    writer.push('b', 1);
    await turn();
    writer.push('c', 1);
    await turn();
    expect(transport.written).toEqual(['a']);
    transport.take();
    expect(transport.written).toEqual(['a', 'bc']);
    expect(transport.mostUnderWay).toBe(1);
  });

  it('takes nothing once it has failed, and tells whoever pushes', async () => {
    const { writer, transport } = setUp();
    const settled = vi.fn();
    writer.fail(GONE);
    expect(writer.push('late', 1, settled)).toBe(false);
    await turn();
    expect(settled.mock.calls).toEqual([[GONE]]);
    expect(transport.written).toEqual([]);
    expect(writer.queuedBytes).toBe(0);
  });

  it('counts the writes and the bytes it handed over', async () => {
    const { writer, transport } = setUp();
    writer.push('é', 1);
    await turn();
    transport.take();
    writer.push('漢', 1);
    await turn();
    expect([writer.writes, writer.bytesWritten]).toEqual([2, 5]);
  });

  it('uses memory again that the transport says is free, and no other', async () => {
    const written: Uint8Array[] = [];
    const answers: Taken[] = [];
    const { writer } = setUp({ maxBatchBytes: 8 }, {}, (batch, taken) => {
      written.push(batch as Uint8Array);
      answers.push(taken);
      return false;
    });
    for (const text of ['first', 'other', 'third']) {
      writer.push({ texts: [text] }, 1);
      answers.at(-1)?.(null, text === 'other');
    }
    expect(written.map(bytes => Buffer.from(bytes).toString())).toEqual(['first', 'third', 'third']);
  });

  it('tells each batch that is taken', async () => {
    const { writer, transport, told } = setUp();
    writer.push('a', 1);
    await turn();
    expect(told).toEqual([]);
    transport.take();
    expect(told).toEqual(['taken']);
  });

  it('does not write inside a write when the transport takes it at once', async () => {
    const { writer, transport } = setUp({ maxBatchBytes: 1 });
    transport.answering = 'inside';
    for (let n = 0; n < 10; n += 1) writer.push('x', 1);
    await writer.flush();
    expect(transport.written).toHaveLength(10);
    expect(transport.mostUnderWay).toBe(1);
  });

  it('gets 100 000 batches through a transport that takes each at once', async () => {
    const { writer, transport } = setUp({ maxBatchBytes: 1 });
    transport.answering = 'inside';
    for (let n = 0; n < 100_000; n += 1) writer.push('x', 1);
    await writer.flush();
    expect(transport.written).toHaveLength(100_000);
    expect(writer.queuedBytes).toBe(0);
  });
});

describe('delays', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('are told for each batch that is taken: how long its oldest frame has waited', async () => {
    const { writer, transport } = setUp();
    const delays: number[] = [];
    writer.recordDelays(delayMs => delays.push(delayMs));
    writer.push('a', 1);
    vi.advanceTimersByTime(2);
    writer.push('b', 1);
    await turn();
    vi.advanceTimersByTime(3);
    writer.push('c', 1); // while the write is under way
    vi.advanceTimersByTime(10);
    transport.take();
    expect(delays).toEqual([15]);
    vi.advanceTimersByTime(100);
    transport.take();
    expect(delays).toEqual([15, 110]);
  });

  it('are told of batches that are taken at once, too', () => {
    const { writer, transport } = setUp({ maxBatchBytes: 2 });
    const delays: number[] = [];
    writer.recordDelays(delayMs => delays.push(delayMs));
    transport.write = () => true;
    writer.push('a', 1);
    vi.advanceTimersByTime(7);
    writer.push('b', 1);
    expect(delays).toEqual([7]);
  });

  it('are not told of what was pushed before, nor of what is never taken', async () => {
    const { writer, transport } = setUp();
    const delays: number[] = [];
    writer.push('a', 1);
    await turn();
    writer.recordDelays(delayMs => delays.push(delayMs));
    transport.take();
    writer.push('b', 1);
    await turn();
    writer.fail(GONE);
    transport.take();
    expect(delays).toEqual([]);
  });
});

describe('marks', () => {
  // Each push weighs 100: 68 bytes and the charge of one frame.
  const piece = 'x'.repeat(100 - FRAME_CHARGE_BYTES);
  const limits = { highWaterMarkBytes: 300, lowWaterMarkBytes: 100, maxBatchBytes: piece.length };

  it('returns true below the high-water mark and false from it on', () => {
    const { writer } = setUp(limits);
    expect([1, 2, 3, 4].map(() => writer.push(piece, 1))).toEqual([true, true, false, false]);
    expect(writer.hasRoom).toBe(false);
  });

  it('charges frames, so that messages of no bytes reach the mark', () => {
    const { writer } = setUp({ highWaterMarkBytes: 4 * FRAME_CHARGE_BYTES, lowWaterMarkBytes: 0 });
    expect([1, 2, 3, 4].map(() => writer.push('', 1))).toEqual([true, true, true, false]);
  });

  it('stays false between the marks and is true again at the low one', async () => {
    const { writer, transport } = setUp({ ...limits, lowWaterMarkBytes: 200 });
    for (let n = 0; n < 4; n += 1) writer.push(piece, 1); // 400
    transport.take(); // 300
    expect(writer.push('', 1)).toBe(false); // 332
    transport.take();
    expect(writer.push('', 1)).toBe(false); // 264
    transport.take(); // 164
    expect(writer.hasRoom).toBe(true);
    expect(writer.push('', 1)).toBe(true);
  });

  it('tells drain at the low-water mark, not before', () => {
    const { writer, transport, told } = setUp(limits);
    for (let n = 0; n < 3; n += 1) writer.push(piece, 1);
    transport.take(); // 200
    expect(told).toEqual(['taken']);
    transport.take(); // 100
    expect(told).toEqual(['taken', 'taken', 'drain']);
  });

  it('tells drain once per block', () => {
    const { writer, transport, told } = setUp(limits);
    for (let n = 0; n < 5; n += 1) writer.push(piece, 1);
    while (transport.underWay > 0) transport.take();
    expect(told.filter(what => what === 'drain')).toHaveLength(1);
    for (let n = 0; n < 3; n += 1) writer.push(piece, 1);
    while (transport.underWay > 0) transport.take();
    expect(told.filter(what => what === 'drain')).toHaveLength(2);
  });

  it('tells no drain when push never returned false', () => {
    const { writer, transport, told } = setUp(limits);
    writer.push(piece, 1);
    transport.take();
    expect(told).toEqual(['taken']);
  });

  it('has room again by the time it tells drain', () => {
    const room: boolean[] = [];
    const { writer, transport } = setUp(limits, { onDrain: () => room.push(writer.push('', 1)) });
    for (let n = 0; n < 3; n += 1) writer.push(piece, 1);
    transport.take();
    transport.take();
    expect(room).toEqual([true]);
  });

  it('remembers the most the queue ever weighed, the batch under way included', () => {
    const { writer, transport } = setUp(limits);
    for (let n = 0; n < 3; n += 1) writer.push(piece, 1);
    expect(writer.peakBytes).toBe(300);
    while (transport.underWay > 0) transport.take();
    writer.push(piece, 1);
    expect(writer.peakBytes).toBe(300);
  });
});

describe('a transport that takes all at once', () => {
  const KIB = 1024;

  function taking(limits: Partial<WriterLimits>) {
    const parts = setUp(limits);
    parts.transport.write = () => true;
    return parts;
  }

  /** How many pieces of 16 KiB are pushed before the writer asks to wait. */
  function pushUntilFalse(writer: Writer): number {
    let pushed = 1;
    while (writer.push(Buffer.alloc(16 * KIB), 1) && pushed < 1000) pushed += 1;
    return pushed;
  }

  it('gets 128 KiB in one turn from a sender that waits when it is asked to', async () => {
    const { writer } = taking({ maxBatchBytes: 16 * KIB });
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    expect(pushUntilFalse(writer)).toBe(8);
    expect(writer.queuedBytes).toBe(0);

    await writer.ready();
    expect(turned).toBe(true);
    expect(pushUntilFalse(writer)).toBe(8);
    await writer.ready();
  });

  it('gets all the same from a sender that does not wait', () => {
    const { writer } = taking({ maxBatchBytes: 16 * KIB });
    for (let n = 0; n < 32; n += 1) writer.push(Buffer.alloc(16 * KIB), 1);
    expect(writer.bytesWritten).toBe(512 * KIB);
  });

  it('lets nobody wait who writes less than 64 KiB a turn', async () => {
    const { writer } = taking({});
    for (let n = 0; n < 20; n += 1) {
      expect(writer.push(Buffer.alloc(32 * KIB), 1)).toBe(true);
      await turn();
    }
  });

  it('tells of the next turn once', async () => {
    const { writer, told } = taking({ maxBatchBytes: 16 * KIB });
    pushUntilFalse(writer);
    await writer.ready();
    await turn();
    await turn();
    expect(told.filter(one => one === 'drain')).toHaveLength(1);
  });
});

describe('queuedBytes', () => {
  it('is exact for multi-byte text', () => {
    const { writer } = setUp();
    writer.push('é漢👍', 1);
    expect(writer.queuedBytes).toBe(9);
  });

  it('counts the batch under way until it is taken', async () => {
    const { writer, transport } = setUp();
    writer.push('abc', 1);
    await turn();
    writer.push('de', 1);
    expect(writer.queuedBytes).toBe(5);
    transport.take();
    expect(writer.queuedBytes).toBe(2);
    transport.take();
    expect(writer.queuedBytes).toBe(0);
  });
});

describe('maxQueueBytes', () => {
  const limits = { maxQueueBytes: 10 + FRAME_CHARGE_BYTES };

  it('accepts what just fits', () => {
    const { writer } = setUp(limits);
    writer.push('x'.repeat(10), 1);
    expect(writer.queuedBytes).toBe(10);
  });

  it('throws ERR_QUEUE_FULL for one byte more', () => {
    const { writer } = setUp(limits);
    expect(() => writer.push('x'.repeat(11), 1)).toThrow(code('ERR_QUEUE_FULL'));
  });

  it('counts the charge of every frame', () => {
    const { writer } = setUp(limits);
    expect(() => writer.push('', 2)).toThrow(code('ERR_QUEUE_FULL'));
  });

  it('counts the batch under way', async () => {
    const { writer, transport } = setUp(limits);
    writer.push('x'.repeat(10), 1);
    await turn();
    expect(() => writer.push('', 1)).toThrow(code('ERR_QUEUE_FULL'));
    transport.take();
    expect(writer.push('', 1)).toBe(true);
  });

  it('takes nothing of what it refuses: no bytes, no settle, nothing to flush', async () => {
    const { writer, transport } = setUp(limits);
    const { settle, calls } = recorder();
    expect(() => writer.push('x'.repeat(11), 1, settle)).toThrow(IpcError);
    await expect(writer.flush()).resolves.toBeUndefined();
    writer.fail(GONE);
    await turn();
    expect(calls).toEqual([]);
    expect([transport.written, writer.queuedBytes, writer.peakBytes]).toEqual([[], 0, 0]);
  });
});

describe('settles', () => {
  it('are called once with null when the batch is taken, and not for the batches behind it', async () => {
    const { writer, transport } = setUp({ maxBatchBytes: 1 });
    const [first, second] = [recorder(), recorder()];
    writer.push('a', 1, first.settle);
    writer.push('b', 1, second.settle);
    transport.take();
    await turn();
    expect([first.calls, second.calls]).toEqual([[null], []]);
    transport.take();
    await turn();
    expect([first.calls, second.calls]).toEqual([[null], [null]]);
  });

  it('are called in the order of the pushes', async () => {
    const { writer, transport } = setUp();
    const order: number[] = [];
    for (let n = 0; n < 5; n += 1) writer.push('a', 1, () => order.push(n));
    await turn();
    transport.take();
    await turn();
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('are never called in the tick that took the batch', async () => {
    const { writer, transport } = setUp();
    const { settle, calls } = recorder();
    writer.push('a', 1, settle);
    await turn();
    transport.take();
    expect(calls).toEqual([]);
  });

  it('are never called inside push, even if the transport takes at once', async () => {
    const { writer, transport } = setUp({ maxBatchBytes: 1 });
    transport.answering = 'inside';
    const { settle, calls } = recorder();
    writer.push('a', 1, settle);
    expect(calls).toEqual([]);
    await turn();
    expect(calls).toEqual([null]);
  });

  it('are called once with the error on fail: under way, sealed and open', async () => {
    const { writer, transport } = setUp({ maxBatchBytes: 2 });
    const settles = ['ab', 'cd', 'ef', 'g'].map(piece => {
      const { settle, calls } = recorder();
      writer.push(piece, 1, settle);
      return calls;
    });
    expect(transport.written).toEqual(['ab']);
    writer.fail(GONE);
    expect(settles).toEqual([[], [], [], []]);
    await turn();
    expect(settles).toEqual([[GONE], [GONE], [GONE], [GONE]]);
  });

  it.each([
    ['takes it', (transport: ScriptedTransport) => transport.take()],
    ['fails it', (transport: ScriptedTransport) => transport.fail(new Error('late'))],
  ])('are not called again when the transport %s after fail', async (_name, answer) => {
    const { writer, transport, told } = setUp();
    const { settle, calls } = recorder();
    writer.push('a', 1, settle);
    await turn();
    writer.fail(GONE);
    answer(transport);
    await turn();
    expect(calls).toEqual([GONE]);
    expect(told).toEqual([]);
  });

  it('are called once when fail comes between a synchronous taken and its tick', async () => {
    const { writer, transport } = setUp({ maxBatchBytes: 1 });
    transport.answering = 'inside';
    const { settle, calls } = recorder();
    writer.push('a', 1, settle);
    writer.fail(GONE);
    await turn();
    expect(calls).toEqual([GONE]);
  });

  it('are called although an earlier one throws, and the throw becomes an uncaught exception', async () => {
    const { writer, transport } = setUp();
    const uncaught = catchUncaught();
    const { settle, calls } = recorder();
    writer.push('a', 1, () => {
      throw GONE;
    });
    writer.push('b', 1, settle);
    await turn();
    transport.take();
    await turn();
    expect(calls).toEqual([null]);
    expect(uncaught).toEqual([GONE]);
  });
});

describe('ready', () => {
  const limits = { highWaterMarkBytes: 100, lowWaterMarkBytes: 50, maxBatchBytes: 100 };

  it('resolves at once while push returns true', async () => {
    await expect(setUp(limits).writer.ready()).resolves.toBeUndefined();
  });

  it('resolves for everyone at the low-water mark, not before', async () => {
    const { writer, transport } = setUp(limits);
    writer.push('x'.repeat(100), 1);
    const resolved: string[] = [];
    const all = ['first', 'second'].map(name => writer.ready().then(() => resolved.push(name)));
    await turn();
    expect(resolved).toEqual([]);
    transport.take();
    await Promise.all(all);
    expect(resolved).toEqual(['first', 'second']);
  });

  it('rejects when the link fails', async () => {
    const { writer } = setUp(limits);
    writer.push('x'.repeat(100), 1);
    const waiting = writer.ready();
    writer.fail(GONE);
    await expect(waiting).rejects.toBe(GONE);
  });

  it('rejects after the link has failed', async () => {
    const { writer } = setUp(limits);
    writer.fail(GONE);
    await expect(writer.ready()).rejects.toBe(GONE);
  });
});

describe('flush', () => {
  it('resolves at once when nothing was pushed', async () => {
    await expect(setUp().writer.flush()).resolves.toBeUndefined();
  });

  it('resolves when what was accepted before it is taken, whatever came later', async () => {
    const { writer, transport } = setUp({ maxBatchBytes: 1 });
    const done: string[] = [];
    writer.push('a', 1);
    writer.push('b', 2);
    const flushed = writer.flush().then(() => done.push('flushed'));
    writer.push('c', 1);
    transport.take();
    await turn();
    expect(done).toEqual([]);
    transport.take();
    await flushed;
    expect(transport.underWay).toBe(1);
  });

  it('resolves waiters of different positions each at its own', async () => {
    const { writer, transport } = setUp({ maxBatchBytes: 1 });
    const done: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      writer.push('a', 1);
      void writer.flush().then(() => done.push(n));
    }
    transport.take();
    await turn();
    expect(done).toEqual([0]);
    transport.take();
    transport.take();
    await turn();
    expect(done).toEqual([0, 1, 2]);
  });

  it('rejects when the link fails', async () => {
    const { writer } = setUp();
    writer.push('a', 1);
    const waiting = writer.flush();
    writer.fail(GONE);
    await expect(waiting).rejects.toBe(GONE);
  });

  it('rejects after the link has failed with something queued', async () => {
    const { writer } = setUp();
    writer.push('a', 1);
    writer.fail(GONE);
    await expect(writer.flush()).rejects.toBe(GONE);
  });

  it('resolves after the link has failed with nothing queued', async () => {
    const { writer } = setUp();
    writer.fail(GONE);
    await expect(writer.flush()).resolves.toBeUndefined();
  });
});

describe('failing', () => {
  it('tells a write error, and writes no more', async () => {
    const { writer, transport, told } = setUp({ maxBatchBytes: 1 });
    writer.push('a', 1);
    writer.push('b', 1);
    transport.fail(GONE);
    writer.push('c', 1);
    await turn();
    expect(told).toEqual([GONE]);
    expect(transport.written).toEqual(['a']);
  });

  it('tells a write error that the transport reports inside write, a tick later', async () => {
    const { writer, transport, told } = setUp({ maxBatchBytes: 1 });
    const { settle, calls } = recorder();
    transport.write = (_batch, taken) => {
      taken(GONE);
      return false;
    };
    writer.push('a', 1, settle);
    expect(told).toEqual([]);
    await turn();
    expect(told).toEqual([GONE]);
    expect(calls).toEqual([]);
  });

  it('leaves it to fail to settle what a write error hit', async () => {
    const { writer, transport } = setUp({}, { onWriteError: error => writer.fail(error) });
    const { settle, calls } = recorder();
    writer.push('a', 1, settle);
    await turn();
    transport.fail(GONE);
    await turn();
    expect(calls).toEqual([GONE]);
  });

  it('gives up on everything queued', async () => {
    const { writer, transport } = setUp({ maxBatchBytes: 2 });
    for (const piece of ['ab', 'cd', 'e']) writer.push(piece, 1);
    writer.fail(GONE);
    expect(writer.queuedBytes).toBe(0);
    transport.take();
    await turn();
    expect(transport.written).toEqual(['ab']);
  });

  it('writes nothing at the end of a tick in which it failed', async () => {
    const { writer, transport } = setUp();
    writer.push('a', 1);
    writer.fail(GONE);
    await turn();
    expect(transport.written).toEqual([]);
    expect(writer.writes).toBe(0);
  });

  it('keeps to the first of two failures', async () => {
    const { writer } = setUp();
    writer.fail(GONE);
    writer.fail(new Error('second'));
    await expect(writer.ready()).rejects.toBe(GONE);
  });
});

type Told = 'taken' | 'drain' | Error;

function setUp(
  limits: Partial<WriterLimits> = {},
  listener: { onDrain?(): void; onWriteError?(error: Error): void } = {},
  write?: Transport['write'],
) {
  const transport = new ScriptedTransport('by hand');
  if (write !== undefined) transport.write = write;
  const told: Told[] = [];
  const generous = {
    highWaterMarkBytes: 1_000_000,
    lowWaterMarkBytes: 500_000,
    maxQueueBytes: Number.POSITIVE_INFINITY,
    maxBatchBytes: 65_536,
    exitDrainMs: 0,
  };
  const writer = new Writer(
    transport,
    { ...generous, ...limits },
    {
      onTaken: () => told.push('taken'),
      onDrain: () => {
        told.push('drain');
        listener.onDrain?.();
      },
      onWriteError: error => {
        told.push(error);
        listener.onWriteError?.(error);
      },
    },
  );
  return { writer, transport, told };
}

/** A settle that keeps what it was called with. */
function recorder() {
  const calls: (Error | null)[] = [];
  return { calls, settle: (error: Error | null) => void calls.push(error) };
}

/** Takes the place of the test runner's own listeners, for which an uncaught exception is a failed run. */
function catchUncaught(): unknown[] {
  const caught: unknown[] = [];
  const runners = process.listeners('uncaughtException');
  const processOnUncaught = (error: unknown) => void caught.push(error);
  process.removeAllListeners('uncaughtException').on('uncaughtException', processOnUncaught);
  onTestFinished(() => {
    process.off('uncaughtException', processOnUncaught);
    for (const listener of runners) process.on('uncaughtException', listener);
  });
  return caught;
}
