import { decode as plainDecode, encode as plainEncode } from 'cbor-x';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pair } from '../../src/channel/open.js';
import { cbor } from '../../src/streams/cbor.js';
import { collect } from '../support/collect.js';
import { code, thrownBy } from '../support/errors.js';

function encode(message: unknown): Uint8Array {
  return cbor().create().encode(message) as Uint8Array;
}

function decode(frame: string | Uint8Array): unknown {
  return cbor().create().decode(frame);
}

describe('cbor', () => {
  it('is CBOR in length-prefixed frames without an envelope', () => {
    expect(cbor()).toMatchObject({
      name: 'cbor',
      framing: { name: 'length-prefixed' },
      envelope: { name: 'bare' },
    });
  });

  it('is what any CBOR reads and writes: maps with definite lengths (RFC 8949, appendix A)', () => {
    expect(Buffer.from(encode({ a: 1, b: [2, 3] })).toString('hex')).toBe('a26161016162820203');
    expect(Buffer.from(encode([1, [2, 3], 'ü', null, false])).toString('hex')).toBe(
      '8501820203' + '62c3bcf6f4',
    );
    expect(decode(Buffer.from('bf61610161629f0203ffff', 'hex'))).toEqual({ a: 1, b: [2, 3] });
    expect(plainDecode(encode({ a: new Date(0) }) as Buffer)).toEqual({ a: new Date(0) });
    expect(decode(plainEncode({ a: { b: 1 } }))).toEqual({ a: { b: 1 } });
  });

  it('carries a channel, send and sendMany mixed', async () => {
    const [left, right] = pair({ codec: cbor() });
    const { completed } = collect(right.messages$);
    left.send({ id: 1 });
    left.sendMany([{ id: 2n ** 63n }, undefined, [3]]);
    await left.close();

    expect(await completed).toEqual([{ id: 1 }, { id: 2n ** 63n }, undefined, [3]]);
  });

  it.each([
    ['a function', () => 1],
    ['a symbol', { s: Symbol('s') }],
    ['a circle', circle()],
  ])('refuses %s with ERR_ENCODE, and goes on', (_what, message) => {
    const coder = cbor().create();

    expect(thrownBy(() => coder.encode(message))).toMatchObject({
      code: 'ERR_ENCODE',
      message: expect.stringContaining('Send a plain copy'),
      cause: expect.any(Error),
    });
    expect(decode(coder.encode({ a: 1 }))).toEqual({ a: 1 });
  });

  it('reads a bigint of any length, of either sign', () => {
    const long = (1n << 200_000n) + 0xabcn;
    const bytes = (tag: number, value: bigint) => {
      const hex = value.toString(16);
      return Buffer.concat([
        Buffer.from([0xc0 + tag, 0x5a]),
        Buffer.from(
          Math.ceil(hex.length / 2)
            .toString(16)
            .padStart(8, '0'),
          'hex',
        ),
        Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'),
      ]);
    };
    expect(decode(bytes(2, long))).toBe(long);
    expect(decode(bytes(3, long))).toBe(-1n - long);
    expect(decode(Uint8Array.from([0xc2, 0x40]))).toBe(0n);
  });

  it.each([
    ['nothing', []],
    ['an array longer than the frame', [0x9a, 0x7f, 0xff, 0xff, 0xff]],
    ['a map longer than the frame', [0xba, 0x7f, 0xff, 0xff, 0xff]],
    ['a text longer than the frame', [0x7a, 0x7f, 0xff, 0xff, 0xff]],
    ['bytes longer than the frame', [0x5a, 0x7f, 0xff, 0xff, 0xff]],
    ['a stop that ends nothing', [0xff]],
    ['two values', [1, 2]],
    ['arrays without an end', Array<number>(100_000).fill(0x81)],
    ['a reserved first byte', [0x1c]],
  ])('refuses %s with ERR_DECODE, and goes on', (_what, bytes) => {
    const coder = cbor().create();

    const error = thrownBy(() => coder.decode(Uint8Array.from(bytes)));
    expect(error).toMatchObject({
      code: 'ERR_DECODE',
      message: expect.stringContaining(`${bytes.length} bytes`),
    });
    expect(error).not.toHaveProperty('cause'); // its text is the stranger's
    expect(coder.decode(encode({ a: 1 }))).toEqual({ a: 1 });
  });

  it('refuses text, which no binary framing gives', () => {
    expect(thrownBy(() => decode('text'))).toEqual(code('ERR_DECODE'));
  });

  it('decodes anything to a value or an ERR_DECODE, and changes no prototype', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        const thrown = caught(() => decode(bytes));
        if (thrown !== undefined) expect(thrown).toEqual(code('ERR_DECODE'));
      }),
      { numRuns: 2000 },
    );

    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  it('gives no message another prototype', () => {
    const message = decode(encode(JSON.parse('{"__proto__":{"polluted":true}}'))) as object;

    expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
    expect((message as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('gives bytes with memory of their own', () => {
    const frame = Buffer.from(encode(Buffer.from('kept')));
    const arrived = decode(frame) as Buffer;
    frame.fill(0);

    expect(arrived.toString()).toBe('kept');
  });
});

function caught(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

function circle(): unknown {
  const one: Record<string, unknown> = {};
  one['self'] = one;
  return one;
}
