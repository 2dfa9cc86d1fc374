import { isDeepStrictEqual } from 'node:util';
import { serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { bare, deka, type Envelope } from '../../src/streams/envelope.js';
import { type Inbound, inbound } from '../../src/streams/inbound.js';
import { lengthPrefixed } from '../../src/streams/length-prefixed.js';
import { outbound, type Stages } from '../../src/streams/outbound.js';
import { v8 } from '../../src/streams/v8.js';
import { typedArray } from '../support/arbitraries.js';

const HEADER = serialize(null).subarray(0, 2);

/** What a frame of many messages begins with. */
const MANY = 0;

function stages(envelope: Envelope): Stages<unknown, unknown> {
  const codec = v8();
  return { framing: codec.framing, coder: codec.create(), syntax: codec.syntax, envelope };
}

function reader(envelope: Envelope = bare()): Inbound<unknown> {
  return inbound(stages(envelope), 1024 * 1024);
}

/** What a channel makes of this wire, which comes in two chunks whose memory is used again. */
function received(wire: Uint8Array, at: number, envelope: Envelope): unknown[] {
  const inbox = reader(envelope);
  const halves = [wire.slice(0, at), wire.slice(at)];
  const messages = halves.flatMap(chunk => {
    const { messages: whole, failures } = inbox.push(chunk);
    chunk.fill(0xff);
    expect(failures).toEqual([]);
    return whole;
  });
  expect(inbox.end()).toBeUndefined();
  return messages;
}

/** Told apart from equal: a Buffer from a Uint8Array, -0 from 0, a hole from undefined, an error by its class. */
function expectSame(actual: unknown, expected: unknown): void {
  expect(actual).toSatisfy(value => isDeepStrictEqual(value, expected));
}

const leaf = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, false, NaN, -0, Infinity, -Infinity, 2 ** 53, -(2 ** 31)),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
  fc.string({ unit: 'binary' }),
  fc.date({ noInvalidDate: true }), // Node 20's isDeepStrictEqual tells two invalid dates apart
  fc.constantFrom(/a/, /(?<name>b)\1/giu, /[^\n/]+$/my),
  fc.constantFrom(new Error('plain'), new TypeError('typed'), new RangeError('ränge')),
  fc.uint8Array().map(bytes => Buffer.from(bytes)),
  fc.uint8Array().map(bytes => bytes.buffer),
  fc.uint8Array().map(bytes => new DataView(bytes.buffer)),
);

/** Whatever structured clone carries, nested. */
const { value: message } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    typedArray,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.sparseArray(tie('value'), { maxNumElements: 3 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.uniqueArray(tie('value'), { maxLength: 4 }).map(values => new Set(values)),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map(entries => new Map(entries)),
  ),
}));

const envelopes = fc.constantFrom(deka(), bare());

describe('any value that can be cloned', () => {
  it('arrives as it was sent, wherever its bytes are cut', () => {
    fc.assert(
      fc.property(message, envelopes, fc.nat(), (sent, envelope, at) => {
        const wire = Buffer.from(outbound(stages(envelope)).encode(sent));

        expectSame(received(wire, at % wire.length, envelope), [sent]);
      }),
      { numRuns: 500 },
    );
  });

  it('arrives among many as it was sent', () => {
    fc.assert(
      fc.property(fc.array(message), envelopes, fc.nat(), (sent, envelope, at) => {
        const wire = Buffer.from(outbound(stages(envelope)).encodeMany(sent));

        expectSame(received(wire, at % (wire.length + 1), envelope), sent);
      }),
    );
  });

  it('leaves in the same bytes through encode and encodeMany', () => {
    fc.assert(
      fc.property(fc.array(message), envelopes, (sent, envelope) => {
        const out = outbound(stages(envelope));

        expect(out.encodeMany(sent)).toEqual(Buffer.concat(sent.map(one => Buffer.from(out.encode(one)))));
      }),
    );
  });

  it('arrives with the circle that leads back to it', () => {
    fc.assert(
      fc.property(message, envelopes, (inner, envelope) => {
        const sent = { inner, self: {}, map: new Map<unknown, unknown>(), set: new Set<unknown>() };
        sent.self = sent;
        sent.map.set(sent.set, sent.map);
        sent.set.add(sent);
        const wire = Buffer.from(outbound(stages(envelope)).encode(sent));
        const [arrived] = received(wire, 0, envelope) as [typeof sent];

        expectSame(arrived.inner, inner);
        expect(arrived.self).toBe(arrived);
        expect(arrived.map.get(arrived.set)).toBe(arrived.map);
        expect(arrived.set.has(arrived)).toBe(true);
      }),
    );
  });
});

/** Leaves out what names a length to V8 that it reserves at once, up to 256 MiB: see the docstring of v8(). */
function harmless(bytes: Uint8Array): boolean {
  return !/a[\x80-\xff]{3}/.test(Buffer.from(bytes).toString('latin1'));
}

describe('arbitrary bytes', () => {
  /** The letters of V8's format (src/objects/value-serializer.cc), so that much of it makes sense for a while. */
  const tags = fc.constantFrom(...Buffer.from('-_0TFIUNZS"c^o{a@A$DyxnzsR;:\',B~tVuwpm\\rE.'));
  const noise = fc
    .array(fc.oneof({ weight: 3, arbitrary: tags }, fc.nat({ max: 8 }), fc.nat({ max: 255 })))
    .map(bytes => Uint8Array.from(bytes));
  const framed = (bytes: Uint8Array) => Buffer.from(lengthPrefixed().join(bytes));

  /** One message or one ERR_DECODE for each frame, and nothing else; only a frame of many may hold any number. */
  function expectOneEach(payloads: readonly Uint8Array[]): void {
    const { messages, failures } = reader().push(Buffer.concat(payloads.map(framed)));

    const single = payloads.filter(([lead]) => lead !== MANY).length;
    if (single === payloads.length) expect(messages.length + failures.length).toBe(single);
    expect(messages.length + failures.length).toBeGreaterThanOrEqual(single);
    expect(failures.length).toBeLessThanOrEqual(payloads.length);
    for (const failure of failures) expect(failure).toMatchObject({ name: 'IpcError', code: 'ERR_DECODE' });
  }

  it('decode to a value or an IpcError', () => {
    fc.assert(
      fc.property(noise, bytes => {
        fc.pre(harmless(bytes));
        expectOneEach([bytes, Buffer.concat([HEADER, bytes])]);
      }),
      { numRuns: 2000 },
    );
  });

  it('decode to a value or an IpcError, also a good message with one place changed', () => {
    const change = fc.record({ at: fc.nat(), drop: fc.nat({ max: 2 }), insert: noise });
    fc.assert(
      fc.property(message, change, (sent, { at, drop, insert }) => {
        const good = v8().create().encode(sent) as Buffer;
        const place = at % (good.length + 1);
        const changed = Buffer.concat([good.subarray(0, place), insert, good.subarray(place + drop)]);
        fc.pre(harmless(changed));
        expectOneEach([changed]);
      }),
      { numRuns: 2000 },
    );
  });

  it('decode to a value or an IpcError as a frame of many', () => {
    fc.assert(
      fc.property(noise, bytes => {
        fc.pre(harmless(bytes));
        expectOneEach([Buffer.concat([Buffer.of(MANY), HEADER, bytes])]);
      }),
      {
        numRuns: 2000,
        examples: [[serialize([]).subarray(2)], [serialize([1, 2]).subarray(2)], [Buffer.of(MANY)]],
      },
    );
  });

  it('decode to an IpcError when a good message is cut', () => {
    fc.assert(
      fc.property(message, fc.nat(), (sent, at) => {
        const good = v8().create().encode(sent) as Buffer;
        const { messages, failures } = reader().push(framed(good.subarray(0, at % good.length)));

        expect(messages).toEqual([]);
        expect(failures).toEqual([expect.any(IpcError)]);
      }),
    );
  });

  it('between two good messages hurt neither', () => {
    fc.assert(
      fc.property(message, noise, message, (first, bytes, last) => {
        fc.pre(harmless(bytes));
        const out = outbound(stages(bare()));
        const wire = [out.encode(first), framed(Buffer.concat([HEADER, bytes])), out.encode(last)];
        const { messages } = reader().push(Buffer.concat(wire.map(part => Buffer.from(part))));

        expectSame([messages.at(0), messages.at(-1)], [first, last]);
      }),
    );
  });
});
