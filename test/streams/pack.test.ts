import { describe, expect, it } from 'vitest';
import type { Piece } from '../../src/joint.js';
import type { Coder } from '../../src/streams/codec.js';
import { contentLength } from '../../src/streams/content-length.js';
import { bare } from '../../src/streams/envelope.js';
import type { Framing } from '../../src/streams/framing.js';
import { inbound } from '../../src/streams/inbound.js';
import { type LengthPrefixedOptions, lengthPrefixed } from '../../src/streams/length-prefixed.js';
import { msgpack } from '../../src/streams/msgpack.js';
import { packOutbound } from '../../src/streams/pack.js';
import { v8 } from '../../src/streams/v8.js';
import { WriteQueue } from '../../src/transport/write-queue.js';
import { Writer } from '../../src/transport/writer.js';

const LEAD = 0xc1;

function stages(framing: Framing = lengthPrefixed()) {
  return { framing, envelope: bare(), syntax: undefined, coder: msgpack().create() };
}

/** A queue that joins, as a channel wires it. */
function sender(options: LengthPrefixedOptions = {}) {
  const framing = lengthPrefixed(options);
  const out = packOutbound(stages(framing));
  if (out === undefined) throw new Error('it does not join');
  const queue = new WriteQueue(1e9);
  queue.joint = out.joint;
  return { out, queue, send, frames };

  function send(...messages: unknown[]): void {
    for (const message of messages) queue.push(out?.encode(message) as Piece, 1);
  }

  /** All that leaves, frame by frame. */
  function frames(): Uint8Array[] {
    const all: Uint8Array[] = [];
    const splitter = framing.splitter({ maxFrameBytes: 1e9 });
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift())
      all.push(...(splitter.push(batch.data as Uint8Array) as Uint8Array[]));
    return all;
  }
}

function receivedFrom(frames: readonly Uint8Array[], coder: Coder<unknown, unknown> = msgpack().create()) {
  return frames.flatMap(frame => coder.decodeMany?.(frame) ?? [coder.decode(frame)]);
}

const small = (id: number) => ({ id, name: 'small' });
const large = (id: number) => ({ id, text: 'x'.repeat(10_000) });

describe('messages that are sent one by one with msgpack', () => {
  it('leave as one frame when they leave in one write', () => {
    const { send, frames } = sender();
    send(small(1), small(2), small(3));
    const all = frames();

    expect(all).toHaveLength(1);
    expect(receivedFrom(all)).toEqual([small(1), small(2), small(3)]);
  });

  it('are the frame that they always were when they leave alone', () => {
    const { send, frames } = sender();
    send(small(1));

    expect(frames()).toEqual([msgpack().create().encode(small(1))]);
  });

  it('stay by themselves when they are long, and in order', () => {
    const { send, frames } = sender();
    send(small(1), small(2), large(3), small(4), small(5));
    const all = frames();

    expect(all.map(frame => frame[0] === LEAD)).toEqual([true, false, true]);
    expect(receivedFrom(all)).toEqual([small(1), small(2), large(3), small(4), small(5)]);
  });

  it.each<LengthPrefixedOptions>([
    { endian: 'little' },
    { includesItself: true },
  ])('have the header that the framing writes: %j', options => {
    const { send, frames } = sender(options);
    send(small(1), small(2));

    expect(receivedFrom(frames())).toEqual([small(1), small(2)]);
  });

  it('that are longer than a short copy arrive as they were sent', () => {
    const { send, frames } = sender();
    const sent = [90, 95, 96, 97, 98, 200, 5000].map(length => 'y'.repeat(length));
    send(...sent);

    expect(receivedFrom(frames())).toEqual(sent);
  });

  it('fill frames of at most 64 KiB, and writes that are full', () => {
    const { queue, send, frames } = sender();
    const sent = Array.from({ length: 20_000 }, (_, id) => small(id));
    send(...sent);
    expect(queue.full).toBe(true);
    const all = frames();

    expect(Math.max(...all.map(frame => frame.length))).toBeLessThanOrEqual(64 * 1024);
    expect(Math.max(...all.map(frame => frame.length))).toBeGreaterThan(56 * 1024);
    expect(receivedFrom(all)).toEqual(sent);
  });

  it('are not written over while their write is under way', () => {
    const { queue, send } = sender();
    const taken: Uint8Array[] = [];
    for (let id = 0; id < 5000; id += 1) {
      send(small(id));
      taken.push(queue.shift()?.data as Uint8Array);
    }
    const inn = inbound(stages(), 1e9);

    expect(taken.flatMap(bytes => inn.push(bytes).messages)).toEqual(
      Array.from({ length: 5000 }, (_, id) => small(id)),
    );
  });

  it('are whole when one of them sends another while it is encoded', () => {
    const { send, frames } = sender();
    const outer = {
      get inner() {
        send({ sent: 'inside' });
        return 'outer';
      },
    };
    send(small(1), outer, small(2));

    expect(receivedFrom(frames())).toEqual([small(1), { sent: 'inside' }, { inner: 'outer' }, small(2)]);
  });

  it('go without the one that cannot be encoded', () => {
    const { out, send, frames } = sender();
    send(small(1));
    expect(() => send({ new: 1, bad: () => {} })).toThrow('function');
    out.unsent();
    send({ new: 2, bad: 'no' }, small(3));

    expect(receivedFrom(frames())).toEqual([small(1), { new: 2, bad: 'no' }, small(3)]);
  });

  it('go without the one that the queue refuses', () => {
    const { out, queue } = sender();
    const writer = new Writer(
      { write: () => false } as never,
      {
        highWaterMarkBytes: 1e6,
        lowWaterMarkBytes: 1e6,
        maxQueueBytes: 150,
        maxBatchBytes: 1e6,
        exitDrainMs: 0,
      },
      { onTaken: () => {}, onDrain: () => {}, onWriteError: () => {} },
    );
    const refused = out.encode({ refused: 'x'.repeat(200) });
    expect(() => writer.push(refused, 1)).toThrow('maxQueueBytes');
    out.unsent(refused);
    queue.push(out.encode(small(1)), 1);
    queue.push(out.encode(small(2)), 1);
    const coder = msgpack().create();
    const [batch] = [queue.shift()];

    expect(inbound({ ...stages(), coder }, 1e9).push(batch?.data as Uint8Array).messages).toEqual([
      small(1),
      small(2),
    ]);
  });

  it('begin anew every 8 192, as they do alone', () => {
    const { send, frames } = sender();
    const sent = Array.from({ length: 20_000 }, (_, id) => small(id));
    send(...sent);
    const all = frames();

    expect(all.filter(frame => frame[0] === LEAD && (Number(frame[1]) & 2) !== 0)).toHaveLength(2);
    expect(receivedFrom(all)).toEqual(sent);
  });
});

describe('messages that are sent many at once with msgpack', () => {
  const some = (first: number, count: number) => Array.from({ length: count }, (_, id) => small(first + id));

  /** The writer learns from one to more how many fit, and both ends the record. */
  function warm() {
    const given = sender();
    const reader = msgpack().create();
    for (let n = 0; n < 5; n += 1) given.queue.push(given.out.encodeMany(some(0, 100)), 100);
    receivedFrom(given.frames(), reader);
    return { ...given, received: () => given.frames().map(frame => receivedFrom([frame], reader)) };
  }

  it('keep their order among those sent one by one, and are frames of their own', () => {
    const { out, queue, send, received } = warm();
    send(small(0), small(1));
    queue.push(out.encodeMany(some(2, 50)), 50);
    queue.push(out.encodeMany(some(52, 50)), 50);
    send(small(102), small(103));
    queue.push(out.encodeMany(some(104, 50)), 50);
    const all = received();

    expect(all.map(messages => messages.length)).toEqual([2, 50, 50, 1, 1, 50]);
    expect(all.flat()).toEqual(some(0, 154));
    send(small(0), small(1));
    expect(received()).toEqual([some(0, 2)]);
  });

  it('leave from memory that is used again', () => {
    const { out, queue } = warm();
    const places = [1, 2, 3].map(() => {
      queue.push(out.encodeMany(some(0, 100)), 100);
      const batch = queue.shift() as NonNullable<ReturnType<WriteQueue['shift']>>;
      queue.release(batch);
      return batch.data as Uint8Array;
    });
    expect(new Set(places.map(({ buffer }) => buffer)).size).toBe(1);
    expect(places[2]?.byteOffset).toBe(places[1]?.byteOffset);
  });

  it('go without those that the queue refuses', () => {
    const { out, queue, send, received } = warm();
    queue.push(out.encodeMany(some(0, 10)), 10);
    out.unsent(out.encodeMany(some(500, 20)));
    queue.push(out.encodeMany(some(10, 10)), 10);
    expect(received().flat()).toEqual(some(0, 20));

    out.unsent(out.encodeMany(some(500, 20)));
    send(small(20), small(21), small(22));
    // The first one tells the reader to forget what it knew; those behind it are joined as ever.
    expect(received()).toEqual([some(20, 1), some(21, 2)]);
  });

  it('fill writes, and go on in the next', () => {
    const { out, queue, received } = warm();
    for (let n = 0; n < 20; n += 1) queue.push(out.encodeMany(some(n * 1000, 1000)), 1000);
    expect(received().flat()).toEqual(some(0, 20_000));
  });
});

describe('frames that cannot be joined', () => {
  function each() {
    const parts = { ...stages(), coder: v8().create() };
    const out = packOutbound(parts);
    if (out === undefined) throw new Error('no block');
    const queue = new WriteQueue(64 * 1024);
    queue.joint = out.joint;
    return { out, queue, inn: inbound({ ...parts, coder: v8().create() }, 1e9) };
  }

  it('leave as they are, each behind its header, whatever their length', () => {
    const { out, queue, inn } = each();
    const sent = [1, 95, 96, 97, 8_000, 65_000, 65_530, 3, 70_000, 200_000, 2].map(n => 'v'.repeat(n));
    for (const message of sent) queue.push(out.encode(message), 1);
    const received: unknown[] = [];
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift())
      received.push(...inn.push(batch.data as Uint8Array).messages);

    expect(received).toEqual(sent);
  });

  it('go without the one that the queue refuses', () => {
    const { out, queue, inn } = each();
    queue.push(out.encode(1), 1);
    out.unsent(out.encode('refused'));
    queue.push(out.encode(2), 1);

    expect(inn.push(queue.shift()?.data as Uint8Array).messages).toEqual([1, 2]);
  });

  it('use the memory of a write that was released, and of no other', () => {
    const { out, queue } = each();
    const write = (message: unknown) => {
      queue.push(out.encode(message), 1);
      return queue.shift() as NonNullable<ReturnType<WriteQueue['shift']>>;
    };
    const first = write('a');
    const second = write('b');
    queue.release(first); // it was written at once, and the one after it was not
    const third = write('c');
    expect([first, second, third].map(({ data }) => Buffer.from(data as Uint8Array).at(-1))).toEqual([
      97, 98, 99,
    ]);

    queue.release(third);
    const fourth = write('d');
    expect(Buffer.from(first.data as Uint8Array).at(-1)).toBe(100);
    expect((fourth.data as Uint8Array).byteOffset).toBe((first.data as Uint8Array).byteOffset);
  });
});

describe('what is not put into a block', () => {
  it.each<[string, ReturnType<typeof stages>]>([
    ['a framing that has more than a header', stages(contentLength())],
    ['a header that is too short for many', stages(lengthPrefixed({ bytes: 2 }))],
  ])('is %s', (_, parts) => {
    expect(packOutbound(parts)).toBeUndefined();
  });
});

describe('a receiver with a low maxFrameBytes', () => {
  it('gets many small messages in one frame all the same, and refuses one that is too long', () => {
    const { out, queue } = sender();
    const sent: unknown[] = Array.from({ length: 1000 }, (_, id) => small(id));
    for (const message of [...sent, { long: 'z'.repeat(200) }, 'behind']) queue.push(out.encode(message), 1);
    // One by one, for among others nobody can tell how long it is.
    queue.push(out.encodeMany(sent), 1000);
    const alone = packOutbound(stages());
    const inn = inbound({ ...stages(), coder: msgpack().create() }, 100);
    const first = inn.push(queue.shift()?.data as Uint8Array);
    queue.joint = (alone as NonNullable<typeof alone>).joint;
    queue.push((alone as NonNullable<typeof alone>).encode('z'.repeat(200)), 1);
    const second = inn.push(queue.shift()?.data as Uint8Array);

    expect(first.messages).toEqual([...sent, { long: 'z'.repeat(200) }, 'behind', ...sent]);
    expect(second).toMatchObject({ messages: [], failures: [{ code: 'ERR_FRAME_TOO_LARGE' }] });
  });
});
