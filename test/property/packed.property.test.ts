import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cbor } from '../../src/streams/cbor.js';
import type { Codec } from '../../src/streams/codec.js';
import { bare } from '../../src/streams/envelope.js';
import { inbound } from '../../src/streams/inbound.js';
import { msgpack } from '../../src/streams/msgpack.js';
import { outbound } from '../../src/streams/outbound.js';
import { packOutbound } from '../../src/streams/pack.js';
import { WriteQueue } from '../../src/transport/write-queue.js';
import { typedArray } from '../support/arbitraries.js';
import { cut, sizes } from '../support/cutting.js';

/** Both ends of a channel of this codec. */
function ends(codec: Codec) {
  const stages = () => ({
    framing: codec.framing,
    coder: codec.create(),
    syntax: codec.syntax,
    envelope: codec.envelope ?? bare(),
  });
  return { out: outbound(stages()), stages: stages(), inn: inbound(stages(), 1024 * 1024) };
}

/** What leaves, a write for each list, and who reads it. */
function joinedEnds(codec: Codec, writes: readonly (readonly unknown[])[]) {
  const { out, stages, inn } = ends(codec);
  const joining = packOutbound(stages);
  const queue = new WriteQueue(1e9);
  if (joining !== undefined) queue.joint = joining.joint;
  const wire = writes.map(messages => {
    for (const one of messages) queue.push((joining ?? out).encode(one), 1);
    return Buffer.from((queue.shift()?.data ?? '') as Uint8Array);
  });
  return { wire: Buffer.concat(wire), inn };
}

/** Told apart from equal: a Buffer from a Uint8Array, a hole from undefined. */
function expectSame(actual: unknown, expected: unknown): void {
  expect(actual).toSatisfy(value => isDeepStrictEqual(value, expected));
}

/** What both carry, of what docs/codecs.md has a table of. */
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    false,
    NaN,
    Infinity,
    -Infinity,
    2 ** 53,
    -(2 ** 31),
    64,
    127,
    128,
  ),
  fc.double().map(number => number + 0), // neither keeps the sign of zero
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
  fc.string({ unit: 'binary' }),
  fc.date({ noInvalidDate: true, min: new Date('1900-01-01'), max: new Date('2200-01-01') }),
  fc.constantFrom(/a/, /(?<name>b)\1/giu),
  fc.uint8Array().map(bytes => Buffer.from(bytes)),
);
const key = fc.oneof(fc.constantFrom('id', 'name', 'size'), fc.string()).filter(name => name !== '__proto__');
const { value: message } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    typedArray,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.uniqueArray(tie('value'), { maxLength: 4 }).map(values => new Set(values)),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map(entries => new Map(entries)),
  ),
}));

describe.each([
  ['msgpack', msgpack()],
  ['cbor', cbor()],
])('anything that %s carries', (_name, codec) => {
  it('arrives as it was sent, one by one and many at once, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), sizes, (sent, cuts) => {
        const { out, inn } = ends(codec);
        const singly = sent.map(one => Buffer.from(out.encode(one) as Uint8Array));
        const wire = Buffer.concat([...singly, out.encodeMany(sent) as Uint8Array, ...again(out, sent)]);
        const received = cut(wire, cuts).map(chunk => inn.push(chunk));

        expect(received.flatMap(({ failures }) => failures)).toEqual([]);
        expectSame(
          received.flatMap(({ messages }) => messages),
          [...sent, ...sent, ...sent],
        );
      }),
      { numRuns: 300 },
    );
  });

  it('arrives as it was sent when it leaves with others in one write', () => {
    fc.assert(
      fc.property(fc.array(fc.array(message, { maxLength: 8 })), sizes, (writes, cuts) => {
        const { wire, inn } = joinedEnds(codec, writes);
        const received = cut(wire, cuts).map(chunk => inn.push(chunk));

        expect(received.flatMap(({ failures }) => failures)).toEqual([]);
        expectSame(
          received.flatMap(({ messages }) => messages),
          writes.flat(),
        );
      }),
      { numRuns: 300 },
    );
  });

  function again(out: ReturnType<typeof ends>['out'], sent: readonly unknown[]): Buffer[] {
    return sent.map(one => Buffer.from(out.encode(one) as Uint8Array));
  }
});
