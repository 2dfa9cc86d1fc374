import fc from 'fast-check';
import { pack, unpack } from 'msgpackr';
import { of } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pair } from '../../src/channel/open.js';
import { IpcError } from '../../src/errors.js';
import type { Coder } from '../../src/streams/codec.js';
import { decode } from '../../src/streams/decode.js';
import { bare } from '../../src/streams/envelope.js';
import { inbound } from '../../src/streams/inbound.js';
import { type MsgpackOptions, msgpack } from '../../src/streams/msgpack.js';
import { outbound } from '../../src/streams/outbound.js';
import { collect } from '../support/collect.js';
import { code, thrownBy } from '../support/errors.js';

const RECORD = 0xd4; // the extension that defines one
const LEAD = 0xc1;

afterEach(() => {
  vi.restoreAllMocks();
});

function coder(options?: MsgpackOptions): Coder<unknown, unknown> {
  return msgpack(options).create();
}

function ends(maxFrameBytes = 64 * 1024 * 1024) {
  const codec = msgpack();
  const stages = () => ({
    framing: codec.framing,
    coder: codec.create(),
    syntax: undefined,
    envelope: codec.envelope as NonNullable<typeof codec.envelope>,
  });
  return { out: outbound(stages()), inn: inbound(stages(), maxFrameBytes) };
}

/** Messages of as many shapes: no two have the same names. */
function shapes(count: number, from = 0): Record<string, number>[] {
  return Array.from({ length: count }, (_, n) => ({
    [`a${from + n}`]: n,
    [`b${from + n}`]: n + 0.5,
    same: 1,
  }));
}

describe('msgpack', () => {
  it('is MessagePack in length-prefixed frames without an envelope', () => {
    expect(msgpack()).toMatchObject({
      name: 'msgpack',
      framing: { name: 'length-prefixed' },
      envelope: { name: 'bare' },
    });
  });

  it('carries a channel, send and sendMany mixed', async () => {
    const [left, right] = pair({ codec: msgpack() });
    const { completed } = collect(right.messages$);
    left.send({ id: 1 });
    left.sendMany([{ id: 2 }, undefined, [3]]);
    left.send(null);
    left.sendMany([]);
    left.sendMany(Array.from({ length: 5000 }, (_, id) => ({ id })));
    await left.close();

    const expected = [{ id: 1 }, { id: 2 }, undefined, [3], null];
    expect(await completed).toEqual([...expected, ...Array.from({ length: 5000 }, (_, id) => ({ id }))]);
  });

  it('tells an array that is a message from an array of messages', async () => {
    const [left, right] = pair({ codec: msgpack() });
    const { completed } = collect(right.messages$);
    left.send([1, 2]);
    left.sendMany([[3], [4, 5]]);
    left.sendMany([[6]]);
    await left.close();

    expect(await completed).toEqual([[1, 2], [3], [4, 5], [6]]);
  });

  describe('sendMany', () => {
    it('makes frames of some 32 KiB', () => {
      const { out } = ends();
      const splitter = msgpack().framing.splitter({ maxFrameBytes: 1e6 });
      const small = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `name ${id}` }));
      const frames = splitter.push(Buffer.from(out.encodeMany(small) as Uint8Array)) as Uint8Array[];

      expect(Math.max(...frames.map(frame => frame.length))).toBeLessThan(64 * 1024);
      expect(frames.length).toBeLessThan(50);
    });

    it('puts large messages into frames of their own: the peer might take no longer ones', () => {
      const { out, inn } = ends(1024 * 1024);
      const small = Array.from({ length: 5000 }, (_, id) => ({ id, text: '' }));
      const large = Array.from({ length: 10 }, (_, id) => ({ id, text: 'x'.repeat(300_000) }));
      const received = [small, large, small].map(sent =>
        inn.push(Buffer.from(out.encodeMany(sent) as Uint8Array)),
      );

      expect(received.flatMap(({ failures }) => failures)).toEqual([]);
      expect(received.map(({ messages }) => messages)).toEqual([small, large, small]);
    });
  });

  describe('records', () => {
    it('are defined once and referred to afterwards', () => {
      const writer = coder();
      const encode = (message: unknown) => writer.encode(message) as Uint8Array;
      const [first, second] = [encode({ name: 'a', size: 1 }), encode({ name: 'b', size: 2 })];

      expect(first[0]).toBe(RECORD);
      expect(Buffer.from(first).includes('name')).toBe(true);
      expect(second.length).toBe(4);
    });

    it('are defined anew after a frame of over 64 KiB, and after 8 192 frames', () => {
      const writer = coder();
      const encode = (message: unknown) => writer.encode(message) as Uint8Array;
      encode({ name: 'x'.repeat(65_536) });

      expect([...encode({ name: 'a' }).subarray(0, 3)]).toEqual([LEAD, 2, RECORD]);
      for (let n = 1; n < 8192; n += 1) expect(encode({ name: 'b' }).length).toBe(3);
      expect([...encode({ name: 'c' }).subarray(0, 3)]).toEqual([LEAD, 2, RECORD]);
    });

    it('of 10 000 shapes, one after the other, arrive as they were sent', () => {
      const { out, inn } = ends();
      const sent = [...shapes(10_000), ...shapes(100), ...shapes(10_000, 5000)];
      const received = sent.flatMap(message => inn.push(Buffer.from(out.encode(message))).messages);

      expect(received).toEqual(sent);
    });

    it('of 10 000 shapes in one sendMany arrive as they were sent', () => {
      const { out, inn } = ends();
      const sent = shapes(10_000);

      expect(inn.push(Buffer.from(out.encodeMany(sent))).messages).toEqual(sent);
      expect(inn.push(Buffer.from(out.encodeMany(sent))).messages).toEqual(sent);
    });

    it('that are lost with their frame make those that refer to them an ERR_DECODE, until they are defined anew', () => {
      const writer = coder();
      const reader = coder();
      reader.decode(writer.encode({ a: 1 }));
      writer.encode({ b: 2 }); // lost
      reader.missed?.();

      expect(thrownBy(() => reader.decode(writer.encode({ a: 3 })))).toEqual(code('ERR_DECODE'));
      expect(thrownBy(() => reader.decode(writer.encode({ b: 4 })))).toMatchObject({
        message: expect.stringContaining('a frame that was lost'),
      });
      expect(reader.decode(writer.encode('no record'))).toBe('no record');
      writer.unsent?.();
      expect(reader.decode(writer.encode({ b: 5 }))).toEqual({ b: 5 });
    });

    it('of messages that were too large for the peer are known to be missing', () => {
      const { framing, create, envelope } = msgpack();
      const stages = { framing, coder: create(), syntax: undefined, envelope: envelope as never };
      const out = outbound(stages);
      const inn = inbound({ ...stages, coder: create() }, 100);
      const wire = [{ a: 1 }, { b: 'x'.repeat(200) }, { b: 'short' }, { a: 2 }].map(one => out.encode(one));
      const { messages, failures } = inn.push(Buffer.concat(wire as Uint8Array[]));

      expect(messages).toEqual([{ a: 1 }]);
      expect(failures.map(one => one.code)).toEqual(['ERR_FRAME_TOO_LARGE', 'ERR_DECODE', 'ERR_DECODE']);
    });

    it('that were defined anew in a lost frame are not read as what they were before', () => {
      const { framing, create, envelope = bare() } = msgpack();
      const stages = { framing, coder: create(), syntax: undefined, envelope };
      const out = outbound(stages);
      const inn = inbound({ ...stages, coder: create() }, 100);
      const first = out.encode({ a: 1 });
      stages.coder.unsent?.();
      const wire = [first, out.encode({ b: 'x'.repeat(200) }), out.encode({ b: 'short' })];
      const { messages, failures } = inn.push(Buffer.concat(wire as Uint8Array[]));

      expect(messages).toEqual([{ a: 1 }]);
      expect(failures.map(one => one.code)).toEqual(['ERR_FRAME_TOO_LARGE', 'ERR_DECODE']);
    });

    it('that were defined anew in a frame that arrived broken are not read as what they were before', () => {
      const [writer, reader] = [coder(), coder()];
      reader.decode(writer.encode({ a: 1 }));
      writer.unsent?.();
      writer.encode({ b: 1 });

      expect(thrownBy(() => reader.decode(Buffer.of(0xd9)))).toEqual(code('ERR_DECODE'));
      expect(thrownBy(() => reader.decode(writer.encode({ b: 2 })))).toEqual(code('ERR_DECODE'));
    });

    it('are not read by the operator decode() as what they were before, either', async () => {
      const writer = coder();
      const frames = [writer.encode({ a: 1 }), writer.encodeMany?.([{ a: 2 }, { a: 3 }]) ?? ''];
      writer.unsent?.();
      writer.encode({ b: 1 });
      const lost = new IpcError('ERR_FRAME_TOO_LARGE', 'lost');
      const { completed } = collect(of([...frames, lost, writer.encode({ b: 2 })]).pipe(decode(msgpack())));

      expect(await completed).toEqual([[{ a: 1 }, { a: 2 }, { a: 3 }, lost, code('ERR_DECODE')]]);
    });

    it.each([
      ['cannot be encoded', () => ({ fresh: 1, bad: () => 1 }), 'ERR_ENCODE'],
      ['does not fit the queue', () => ({ fresh: 1, long: 'x'.repeat(500) }), 'ERR_QUEUE_FULL'],
    ])('of a message that %s are defined with the next one', async (_what, message, error) => {
      const [left, right] = pair({ codec: msgpack(), maxQueueBytes: 400 });
      const { completed } = collect(right.messages$);
      expect(thrownBy(() => left.send(message()))).toEqual(code(error));
      for (const others of [[], [{ fresh: 1 }]])
        expect(thrownBy(() => left.sendMany([...others, message()]))).toEqual(code(error));
      left.send({ fresh: 2, long: 'fits' });
      left.sendMany([{ fresh: 3 }]);
      await left.close();

      expect(await completed).toEqual([{ fresh: 2, long: 'fits' }, { fresh: 3 }]);
    });
  });

  describe('against strangers', () => {
    it.each([
      ['nothing', []],
      ['a record that was never defined', [0x40, 1, 2]],
      ['a number that a record might be', [0x7f]],
      ['an array longer than the frame', [0xdd, 0x7f, 0xff, 0xff, 0xff]],
      ['a map longer than the frame', [0xdf, 0x7f, 0xff, 0xff, 0xff]],
      ['a text longer than the frame', [0xdb, 0x7f, 0xff, 0xff, 0xff]],
      ['bytes longer than the frame', [0xc6, 0x7f, 0xff, 0xff, 0xff, 1]],
      ['an unknown extension', [0xd4, 0x63, 0]],
      ['two values', [1, 2]],
      ['arrays without an end', Array<number>(100_000).fill(0x91)],
      ['a lead alone', [LEAD]],
      ['a lead of many that are one', [LEAD, 1, 0x05]],
      ['a reference of a structured clone', [0xd6, 0x70, 0, 0, 0, 1]],
    ])('%s is an ERR_DECODE, and the next frame arrives', (_what, bytes) => {
      const { out, inn } = ends();
      const { framing } = msgpack();
      const wire = [out.encode({ a: 1 }), framing.join(Uint8Array.from(bytes)), out.encodeMany(['next'])];
      const { messages, failures } = inn.push(Buffer.concat(wire as Uint8Array[]));

      expect(messages).toEqual([{ a: 1 }, 'next']);
      expect(failures).toEqual([code('ERR_DECODE')]);
    });

    it('decodes anything to a value or an ERR_DECODE, and changes no prototype', () => {
      const before = Object.getOwnPropertyNames(Object.prototype);
      const letters = fc.constantFrom(
        0x40,
        0x41,
        0x72,
        0xd4,
        0xd5,
        0xd6,
        0xc7,
        0x81,
        0x92,
        0xa1,
        0xdc,
        0,
        1,
        LEAD,
      );
      const noise = fc.array(fc.oneof({ weight: 3, arbitrary: letters }, fc.nat({ max: 255 })));
      fc.assert(
        fc.property(fc.array(noise), frames => {
          const { framing } = msgpack();
          const wire = Buffer.concat(frames.map(bytes => framing.join(Uint8Array.from(bytes)) as Uint8Array));
          for (const failure of ends().inn.push(wire).failures) expect(failure.code).toBe('ERR_DECODE');
        }),
        { numRuns: 1000 },
      );

      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    });

    it('gives no message another prototype', () => {
      const evil = JSON.parse(
        '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
      );
      for (const options of [{ records: true }, { records: false }]) {
        const message = coder(options).decode(coder(options).encode(evil)) as object;

        expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
        expect((message as { polluted?: unknown }).polluted).toBeUndefined();
      }
    });

    it('says of many messages that are no array that they are none', () => {
      expect(thrownBy(() => coder().decodeMany?.(Uint8Array.of(LEAD, 1, 0x05)))).toEqual(code('ERR_DECODE'));
    });

    it('forgets what a long frame defines, and keeps what a short one does', () => {
      const reader = coder();
      const defined = Uint8Array.from([RECORD, 0x72, 0x40, 0x91, 0xa1, 0x61, 1]); // {a: 1}, from now on record 0x40
      expect(reader.decode(defined)).toEqual({ a: 1 });
      for (let n = 1; n < 1000; n += 1) expect(reader.decode(Uint8Array.of(0x40, 7))).toEqual({ a: 7 });

      const long = Buffer.concat([
        Buffer.of(0x92),
        defined,
        Buffer.of(0xc6, 0, 1, 0, 0),
        Buffer.alloc(0x10000),
      ]);
      expect(reader.decode(long)).toMatchObject([{ a: 1 }, expect.any(Buffer)]);
      expect(thrownBy(() => reader.decode(Uint8Array.of(0x40, 7)))).toEqual(code('ERR_DECODE'));
    });

    it('gives bytes with memory of their own', () => {
      const frame = Buffer.from(coder().encode(Buffer.from('kept')));
      const arrived = coder().decode(frame) as Buffer;
      frame.fill(0);

      expect(arrived.toString()).toBe('kept');
      expect(arrived.buffer.byteLength).toBeLessThan(16 * 1024);
    });
  });

  describe('without records', () => {
    it('is what any MessagePack reads and writes, one message a frame', () => {
      const plain = coder({ records: false });

      expect(unpack(plain.encode({ a: [1, 'x', null] }) as Uint8Array)).toEqual({ a: [1, 'x', null] });
      expect(plain.decode(pack({ n: 100, deep: { a: true } }))).toEqual({ n: 100, deep: { a: true } });
      expect(plain).not.toHaveProperty('encodeMany');
      expect(plain.encode({ n: 100 }) as Uint8Array).toEqual(Buffer.from([0x81, 0xa1, 0x6e, 100]));
    });
  });

  it.each([
    ['a function', () => 1],
    ['a function inside', { deep: [() => 1] }],
    ['a symbol', Symbol('s')],
    ['a circle', circle()],
  ])('refuses %s with ERR_ENCODE, and goes on', (_what, message) => {
    for (const options of [{ records: true }, { records: false }]) {
      const writer = coder(options);

      expect(thrownBy(() => writer.encode(message))).toMatchObject({
        code: 'ERR_ENCODE',
        message: expect.stringContaining('Send a plain copy'),
        cause: expect.any(Error),
      });
      writer.unsent?.(); // as a channel says it
      expect(coder(options).decode(writer.encode({ a: 1 }))).toEqual({ a: 1 });
    }
  });

  it('refuses text, which no binary framing gives', () => {
    expect(thrownBy(() => coder().decode('text'))).toEqual(code('ERR_DECODE'));
    expect(thrownBy(() => coder({ records: false }).decode('text'))).toEqual(code('ERR_DECODE'));
  });
});

function circle(): unknown {
  const one: Record<string, unknown> = {};
  one['self'] = one;
  return one;
}
