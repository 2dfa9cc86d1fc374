import { createSecretKey } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pair } from '../../src/channel/open.js';
import { bare, deka } from '../../src/streams/envelope.js';
import { inbound } from '../../src/streams/inbound.js';
import { outbound } from '../../src/streams/outbound.js';
import { v8 } from '../../src/streams/v8.js';
import { collect } from '../support/collect.js';
import { thrownBy } from '../support/errors.js';

/** V8's header of the format that this Node writes. */
const HEADER = [...serialize(null).subarray(0, 2)];
const HOST_OBJECT = 0x5c;

afterEach(() => {
  vi.restoreAllMocks();
});

function encode(message: unknown): Buffer {
  return v8().create().encode(message) as Buffer;
}

function decode(frame: string | Uint8Array): unknown {
  return v8().create().decode(frame);
}

function roundTrip(message: unknown): unknown {
  return decode(encode(message));
}

function payload(...bytes: readonly number[]): Buffer {
  return Buffer.from([...HEADER, ...bytes]);
}

const withHole = [1];
withHole[2] = 3;

/** What a child on Deno 2.9.6 wrote on the channel that it takes for Node's, `serialization: 'advanced'`. */
const BY_DENO: readonly (readonly [what: string, message: unknown, frame: string])[] = [
  ['undefined in an object', { x: undefined }, 'ff106f2201785f7b01'],
  ['NaN', Number.NaN, 'ff104e000000000000f87f'],
  ['-0', -0, 'ff104e0000000000000080'],
  ['bigint', { b: 123456789012345678901234567890n }, 'ff106f2201625a20d20a3f4eeee073c3f60fe98e010000007b01'],
  ['date', new Date(5), 'ff10440000000000001440'],
  ['map', new Map([[1, { a: [1, 2] }]]), 'ff103b49026f2201614102490249042400027b013a02'],
  ['set', new Set(['x']), 'ff10272201782c01'],
  ['Uint8Array', Uint8Array.of(1, 2, 3), 'ff105c000103010203'],
  ['Buffer', Buffer.from('hi'), 'ff105c000a026869'],
  ['Float64Array', Float64Array.of(1.5), 'ff105c000808000000000000f83f'],
  ['ArrayBuffer', new ArrayBuffer(4), 'ff10420400000000'],
  [
    'error',
    Object.assign(new TypeError('no'), { stack: 'TypeError: no' }),
    'ff1072546d22026e6f73220d547970654572726f723a206e6f2e',
  ],
  ['RegExp', /a/gi, 'ff105222016103'],
  ['sparse array', withHole, 'ff1061034900490249044906400203'],
  ['lone surrogate', '\ud800', 'ff10630200d8'],
  ['text', { deep: [{ x: 'é漢👍' }] }, 'ff106f22046465657041016f220178006308e900226f3dd84ddc7b012400017b01'],
];
const CIRCLE_BY_DENO = 'ff106f2201614902220473656c665e007b02';

describe('frames of Deno, in a version of the format that Node does not read', () => {
  it.each(BY_DENO)('are read: %s', (_, message, frame) => {
    expect(decode(Buffer.from(frame, 'hex'))).toSatisfy(value => isDeepStrictEqual(value, message));
  });

  it('are read: a circular object', () => {
    const circle = decode(Buffer.from(CIRCLE_BY_DENO, 'hex')) as { self: unknown };
    expect(circle.self).toBe(circle);
  });

  it('are left as they came', () => {
    const frame = Buffer.from('ff104e000000000000f87f', 'hex');
    decode(frame);
    expect(frame.toString('hex')).toBe('ff104e000000000000f87f');
  });

  it('are refused in a version that nobody has seen', () => {
    expect(() => decode(Buffer.from('ff114e000000000000f87f', 'hex'))).toThrow(
      expect.objectContaining({ code: 'ERR_DECODE' }),
    );
  });
});

describe('v8', () => {
  it('is V8 in length-prefixed frames, and no JSON', () => {
    expect(v8()).toMatchObject({ name: 'v8', framing: { name: 'length-prefixed' } });
    expect(v8()).not.toHaveProperty('syntax');
  });

  it('carries a channel, envelope or not', async () => {
    for (const envelope of [bare(), deka()]) {
      const [left, right] = pair({ codec: v8(), envelope });
      const { completed } = collect(right.messages$);
      left.send(undefined);
      left.sendMany([1n, new Map([[{}, new Set([Buffer.from('x')])]])]);
      left.send(null);
      await left.close();

      expect(await completed).toEqual([undefined, 1n, new Map([[{}, new Set([Buffer.from('x')])]]), null]);
    }
  });

  describe('round trip', () => {
    it.each([
      undefined,
      null,
      true,
      '',
      'wörld 🌍 \uD800',
      0,
      -0,
      NaN,
      -Infinity,
      2 ** 53,
      -(2n ** 200n),
      new Date(0),
      new Date(NaN),
      /a(b)?/giu,
      sparse(),
      Object.assign([1], { extra: 2 }),
      new Map<unknown, unknown>([[NaN, new Map([[undefined, 1]])]]),
      new Set([new Set([-0]), 'a']),
      { a: { b: undefined }, ['__proto__']: 1 },
      new ArrayBuffer(3),
      new Uint8Array([1, 2]),
      new Uint8ClampedArray([1]),
      new Int8Array([-1]),
      new Int16Array([-1, 2]),
      new Uint16Array([1, 2]),
      new Int32Array([-1]),
      new Uint32Array([2 ** 32 - 1]),
      new Float32Array([0.5]),
      new Float64Array([0.1, NaN]),
      new BigInt64Array([-1n]),
      new BigUint64Array([2n ** 64n - 1n]),
      new DataView(Uint8Array.of(1, 2, 3).buffer, 1),
      Buffer.from('bytes'),
      Buffer.alloc(0),
      Object(1),
      Object('s'),
      Object(1n),
    ])('leaves %o as it is', message => {
      const arrived = roundTrip(message);

      expect(arrived).toStrictEqual(message);
      expect(Object.prototype.toString.call(arrived)).toBe(Object.prototype.toString.call(message));
    });

    it.each([
      Error,
      TypeError,
      RangeError,
      SyntaxError,
    ])('leaves an error its class, text and stack', type => {
      const sent = new type('went wrong');
      const arrived = roundTrip(sent) as Error;

      expect(arrived).toBeInstanceOf(type);
      expect(arrived).toMatchObject({ name: sent.name, message: 'went wrong', stack: sent.stack });
    });

    it('keeps a Buffer a Buffer and a Uint8Array none', () => {
      expect(Buffer.isBuffer(roundTrip(Buffer.from('x')))).toBe(true);
      expect(Buffer.isBuffer(roundTrip(Uint8Array.of(1)))).toBe(false);
    });

    it('keeps circles and what is there twice', () => {
      const shared = { name: 'shared' };
      const sent = { shared, again: shared, self: {} };
      sent.self = sent;
      const arrived = roundTrip(sent) as typeof sent;

      expect(arrived.self).toBe(arrived);
      expect(arrived.shared).toBe(arrived.again);
    });

    it('makes a plain object of an instance', () => {
      class Point {
        x = 1;
      }

      expect(roundTrip(new Point())).toStrictEqual({ x: 1 });
    });

    it('makes a plain object of what native code made, as Node does', () => {
      const key = Object.assign(createSecretKey(Buffer.from('secret')), { label: 'mine' });

      expect(roundTrip({ key })).toEqual({ key: { label: 'mine' } });
    });
  });

  describe('packed', () => {
    const writer = v8({ packed: true }).create();

    it('puts many messages into one frame behind a byte that V8 never writes first', () => {
      const frame = writer.encodeMany?.([1, 'two', [3]]) as Buffer;

      expect([...frame.subarray(0, 3)]).toEqual([0, ...HEADER]);
      expect(v8().create().decodeMany?.(frame)).toEqual([1, 'two', [3]]);
    });

    it('is off unless asked for: Node would not understand it', () => {
      expect(v8().create()).not.toHaveProperty('encodeMany');
      expect(
        v8()
          .create()
          .decodeMany?.(encode([1])),
      ).toBeUndefined();
    });

    it.each([
      ['no array', payload(0x54)],
      ['nothing', Buffer.alloc(0)],
      ['no header', Buffer.from('[1]')],
    ])('throws ERR_DECODE for %s', (_what, bytes) => {
      expect(
        thrownBy(() =>
          v8()
            .create()
            .decodeMany?.(Buffer.concat([Buffer.of(0), bytes])),
        ),
      ).toMatchObject({
        code: 'ERR_DECODE',
      });
    });

    it('refuses what it refuses singly', () => {
      expect(thrownBy(() => writer.encodeMany?.([1, () => 1]))).toMatchObject({ code: 'ERR_ENCODE' });
    });
  });

  describe('encode', () => {
    it('writes what Node writes: a tag before the view', () => {
      const bytes = payload(HOST_OBJECT, 0, 10, 2, 0x68, 0x69);

      expect(encode(Buffer.from('hi'))).toEqual(bytes);
      expect(encode({ a: [1, 'x'] })).toEqual(serialize({ a: [1, 'x'] }));
    });

    it('takes only the part that a view shows', () => {
      const secret = Buffer.from('secret');
      const bytes = encode([secret.subarray(1, 2), new DataView(secret.buffer, secret.byteOffset + 3, 1)]);

      expect(bytes.includes('secr')).toBe(false);
      expect(decode(bytes)).toEqual([Buffer.from('e'), new DataView(Uint8Array.of(0x72).buffer)]);
    });

    it('leaves the message alone', () => {
      const message = Object.freeze({ bytes: Buffer.from('kept') });
      encode(message);

      expect(message.bytes.toString()).toBe('kept');
    });

    it.each([
      ['a function', () => 1],
      ['a symbol', Symbol('s')],
      ['a function inside', { deep: [{ method() {} }] }],
      ['a Proxy', new Proxy({}, {})],
      ['a Promise', Promise.resolve()],
      ['a WeakMap', new WeakMap()],
      ['shared memory', new SharedArrayBuffer(8)],
      ['detached memory', detachedView().buffer],
      ['a view of detached memory', detachedView()],
      [
        'a getter that throws',
        {
          get bad() {
            throw new Error('no');
          },
        },
      ],
      [
        'a getter that throws no error',
        {
          get bad() {
            throw Symbol('no');
          },
        },
      ],
      ['nesting without an end', nested(200_000)],
    ])('throws ERR_ENCODE for %s, and goes on', (_what, message) => {
      const coder = v8().create();

      expect(thrownBy(() => coder.encode(message))).toMatchObject({
        name: 'IpcError',
        code: 'ERR_ENCODE',
        message: expect.stringContaining('Send a plain copy'),
      });
      expect(deserialize(coder.encode('next') as Buffer)).toBe('next');
    });

    it('says what could not be cloned, and keeps the cause', () => {
      expect(thrownBy(() => encode({ callback: Symbol('mine') }))).toMatchObject({
        message: expect.stringContaining('Symbol(mine) could not be cloned. Send a'),
        cause: expect.any(Error),
      });
    });
  });

  describe('a view that has arrived', () => {
    const message = { bytes: Buffer.from('bytes'), plain: Uint8Array.of(1, 2), wide: Float64Array.of(1, 2) };

    /** The same payload at each place in memory, so that numbers of 8 bytes lie aligned and not. */
    it.each([0, 1, 2, 3, 4, 5, 6, 7])('does not change with the frame: at offset %i', offset => {
      const bytes = encode(message);
      const memory = Buffer.alloc(bytes.length + offset);
      bytes.copy(memory, offset);
      const arrived = decode(memory.subarray(offset));
      memory.fill(0xff);

      expect(arrived).toStrictEqual(message);
    });

    it.each([0, 1, 2, 3, 4, 5, 6, 7])('shares memory with nothing: at offset %i', offset => {
      const bytes = encode(message);
      const memory = Buffer.alloc(bytes.length + offset);
      bytes.copy(memory, offset);
      const views = Object.values(decode(memory.subarray(offset)) as typeof message);

      expect(views.map(({ buffer }) => buffer.byteLength)).toEqual([5, 2, 16]);
      expect(views.map(({ byteOffset }) => byteOffset)).toEqual([0, 0, 0]);
    });

    it('is copied once, aligned or not', () => {
      const bytes = encode(new Float64Array(10_000));
      const slice = vi.spyOn(ArrayBuffer.prototype, 'slice');
      const slices = [0, 1, 2, 3, 4, 5, 6, 7].map(offset => {
        const memory = Buffer.alloc(bytes.length + offset);
        bytes.copy(memory, offset);
        slice.mockClear();
        decode(memory.subarray(offset));
        return slice.mock.calls.length;
      });

      // Seven times node:v8 itself has copied what was not aligned.
      expect(slices.sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
    });

    it('may be given away with its memory', () => {
      const arrived = decode(encode(message)) as typeof message;
      structuredClone(arrived.plain, { transfer: [arrived.plain.buffer as ArrayBuffer] });

      expect(arrived.bytes.toString()).toBe('bytes');
      expect(arrived.wide).toEqual(message.wide);
    });
  });

  describe('decode', () => {
    it('takes plain bytes, and only the part that a view shows', () => {
      const frame = Uint8Array.of(0, 0, ...encode('part'), 0).subarray(2, -1);

      expect(decode(frame)).toBe('part');
    });

    it('reads an object of native code as what Node wrote for it', () => {
      expect(decode(payload(HOST_OBJECT, 1, ...serialize({ a: 1 }).subarray(2)))).toEqual({ a: 1 });
    });

    it('reads what an older V8 wrote', () => {
      expect(decode(Buffer.from([0xff, 13, ...serialize({ a: 'x' }).subarray(2)]))).toEqual({ a: 'x' });
    });

    it.each([
      ['nothing', Buffer.alloc(0)],
      ['no header', Buffer.from('{"a":1}\n')],
      ['a header of a format to come', Buffer.from([0xff, 99, 0x5f])],
      ['a header alone', payload()],
      ['a tag that does not exist', payload(0x21)],
      ['a text that is cut', encode('longer').subarray(0, -1)],
      ['an array longer than the frame', payload(0x41, 0xff, 0xff, 0xff, 0x7f)],
      ['shared memory', payload(0x75, 0)],
      ['a WebAssembly module', payload(0x77, 0)],
      ['a reference to nothing', payload(0x5e, 7)],
      ['a regular expression that is none', payload(0x52, 0x22, 1, 0x28, 0)],
      ['a view of an unknown type', payload(HOST_OBJECT, 0, 99, 0)],
      ['a view longer than the frame', payload(HOST_OBJECT, 0, 10, 100, 1)],
      ['a view of no length', payload(HOST_OBJECT, 0, 10)],
      ['an unknown host object', payload(HOST_OBJECT, 2, 0x6f, 0x7b, 0)],
      ['a host object without a tag', payload(HOST_OBJECT)],
      ['a host object that is no object', payload(HOST_OBJECT, 1, 0x54)],
      ['host objects without an end', repeated(HOST_OBJECT, 1)],
      ['arrays without an end', repeated(0x41, 1)],
    ])('throws ERR_DECODE for %s', (_what, frame) => {
      expect(thrownBy(() => decode(frame))).toMatchObject({
        name: 'IpcError',
        code: 'ERR_DECODE',
        message: expect.stringMatching(new RegExp(`${frame.length} bytes.*both ends use v8\\(\\)`)),
        cause: expect.any(Error),
      });
    });

    it('throws ERR_DECODE for text, which no binary framing gives', () => {
      expect(thrownBy(() => decode('text'))).toMatchObject({
        code: 'ERR_DECODE',
        message: expect.stringContaining('binary'),
      });
    });

    it("quotes a peer's text in the error, shortened", () => {
      const pattern = `(\x1b[31m${'x'.repeat(100)}`;
      const error = thrownBy(() => decode(payload(0x52, 0x22, pattern.length, ...Buffer.from(pattern), 0)));

      expect(error).toHaveProperty('message', expect.stringContaining('\\u001b[31mx'));
      expect(error).toHaveProperty('message', expect.not.stringContaining('\x1b'));
      expect((error as Error).message.length).toBeLessThan(300);
    });

    it('drops one broken frame, and both neighbours arrive', () => {
      const { framing } = v8();
      const stages = { framing, coder: v8().create(), syntax: undefined, envelope: deka() };
      const wire = [1, 2].map(message => outbound(stages).encode(message) as Buffer);
      const broken = framing.join(payload(0x21)) as Buffer;
      const bareOne = framing.join(encode('no envelope')) as Buffer;
      const [first = broken, last = broken] = wire;
      const { messages, failures } = inbound(stages, 1024).push(
        Buffer.concat([first, broken, bareOne, last]),
      );

      expect(messages).toEqual([1, 2]);
      expect(failures.map(({ code }) => code)).toEqual(['ERR_DECODE', 'ERR_BAD_ENVELOPE']);
    });
  });
});

/** A hole, and a place far behind. */
function sparse(): unknown[] {
  const array: unknown[] = [1];
  array[2] = 3;
  array[100_000] = 4;
  return array;
}

/** A payload of 400 KB that opens one thing inside another. */
function repeated(...bytes: readonly number[]): Buffer {
  return Buffer.concat([payload(), Buffer.alloc(400_000, Buffer.from(bytes))]);
}

function detachedView(): Uint8Array {
  const view = new Uint8Array(8);
  structuredClone(view, { transfer: [view.buffer] });
  return view;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}
