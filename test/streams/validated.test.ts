import type { StandardSchemaV1 } from '@standard-schema/spec';
import { from } from 'rxjs';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { Channel } from '../../src/channel/channel.js';
import { open, pair } from '../../src/channel/open.js';
import type { Codec } from '../../src/streams/codec.js';
import { decode } from '../../src/streams/decode.js';
import { bare, deka } from '../../src/streams/envelope.js';
import { json } from '../../src/streams/json.js';
import { lines } from '../../src/streams/lines.js';
import { msgpack } from '../../src/streams/msgpack.js';
import { v8 } from '../../src/streams/v8.js';
import { type StandardSchema, validated } from '../../src/streams/validated.js';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';
import { collect } from '../support/collect.js';
import { linesOf } from '../support/deka-lines.js';
import { code } from '../support/errors.js';

interface Tick {
  symbol: string;
  price: number;
}

const zod = z.object({ symbol: z.string(), price: z.number() });
const valibot = v.object({ symbol: v.string(), price: v.number() });

/** What a channel makes of what the other end sends without a schema. */
async function received(codec: Codec, schema: StandardSchema<unknown>, messages: readonly unknown[]) {
  const [left, right] = pair({ codec: validated(codec, schema) });
  const [good, bad] = [collect(right.messages$), collect(right.failures$)];
  left.sendMany(messages);
  for (const message of messages) left.send(message);
  await left.close();
  return { good: await good.completed, bad: await bad.completed };
}

describe('validated', () => {
  it.each([
    ['Zod', zod],
    ['Valibot', valibot],
  ])('lets through what fits a schema of %s, and reports the rest with its issues', async (_library, schema) => {
    for (const codec of [json(), v8(), msgpack()]) {
      const ticks = [
        { symbol: 'A', price: 1 },
        { symbol: 'B', price: 'high' },
        null,
        { symbol: 'C', price: 2 },
      ];
      const { good, bad } = await received(codec, schema, ticks);

      expect(good).toEqual([ticks[0], ticks[3], ticks[0], ticks[3]]);
      expect(bad).toHaveLength(4);
      expect(bad[0]).toMatchObject({
        code: 'ERR_INVALID_MESSAGE',
        message: expect.stringMatching(/does not fit the schema: "Invalid.*" at "price";/),
        issues: [{ message: expect.stringContaining('nvalid') }],
      });
    }
  });

  it('delivers what the schema makes of the message', async () => {
    const schema = z.object({ at: z.coerce.date(), tags: z.array(z.string()).default([]) });

    expect(await received(json(), schema, [{ at: '2020-01-01', more: 1 }])).toMatchObject({
      good: [{ at: new Date('2020-01-01'), tags: [] }, expect.anything()],
      bad: [],
    });
  });

  it('sees the message without its envelope, however that is spelt', async () => {
    const link = new ScriptedTransport();
    const channel = open(link, { codec: validated(json(), z.number()) });
    const [good, bad] = [collect(channel.messages$), collect(channel.failures$)];
    link.receive(
      `${linesOf(1, 'two')}{"msg":3,"cmd":"NODE_HANDLE"}\n{ "cmd":"NODE_HANDLE","msg":"four" }\nfive\n{}\n`,
    );
    link.bytes$.complete();

    expect(await good.completed).toEqual([1, 3]);
    expect((await bad.completed).map(failure => failure.code)).toEqual([
      'ERR_INVALID_MESSAGE',
      'ERR_INVALID_MESSAGE',
      'ERR_DECODE',
      'ERR_BAD_ENVELOPE',
    ]);
  });

  it.each([
    ['an envelope', deka()],
    ['none', bare()],
  ])('works for many messages in a frame, in %s', async (_what, envelope) => {
    const [left, right] = pair({ codec: validated(msgpack(), z.number()), envelope });
    const [good, bad] = [collect(right.messages$), collect(right.failures$)];
    left.sendMany(Array.from({ length: 100 }, (_, n) => (n % 10 === 0 ? `${n}` : n)));
    await left.close();

    expect(await good.completed).toHaveLength(90);
    expect(await bad.completed).toHaveLength(10);
  });

  it('names each of several issues, the first in the text, shortened and printable', async () => {
    const schema = z.strictObject({ a: z.number(), b: z.number() });
    const { bad } = await received(json(), schema, [{ [`\x1b[31m\u009b\u202e${'x'.repeat(200)}`]: 1 }]);

    expect(bad[0]).toMatchObject({ message: expect.stringContaining('(and 2 more)') });
    expect(bad[0]?.issues).toHaveLength(3);
    expect(bad[0]?.message.length).toBeLessThan(400);
    expect(bad[0]?.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('says of an asynchronous schema that it cannot wait, and lets its promise be', async () => {
    const rejecting: StandardSchema<unknown> = {
      '~standard': { version: 1, vendor: 'mine', validate: () => Promise.reject(new Error('unhandled')) },
    };
    for (const schema of [
      rejecting,
      v.pipeAsync(
        v.number(),
        v.checkAsync(async () => true),
      ),
    ]) {
      const { good, bad } = await received(json(), schema, [1]);

      expect(good).toEqual([]);
      expect(bad[0]).toMatchObject({
        code: 'ERR_INVALID_MESSAGE',
        message: expect.stringContaining('answers with a promise'),
      });
    }
  });

  it('makes a schema that throws a failure of that message alone', async () => {
    const cause = new Error('bug in the schema');
    const schema: StandardSchema<unknown> = {
      '~standard': {
        version: 1,
        vendor: 'mine',
        validate: value => {
          if (value === 'bad') throw cause;
          return { value };
        },
      },
    };
    const { good, bad } = await received(json(), schema, ['good', 'bad']);

    expect(good).toEqual(['good', 'good']);
    expect(bad).toEqual([code('ERR_DECODE'), code('ERR_DECODE')]);
    expect(bad[0]?.cause).toBe(cause);
  });

  it('keeps the name, framing, envelope and state of the codec, and an inner schema', async () => {
    const inner = validated(msgpack(), z.number());
    const outer = validated(
      inner,
      z.any().refine(n => n > 1, 'too small'),
    );

    expect(outer).toMatchObject({ name: 'msgpack', framing: inner.framing, envelope: inner.envelope });
    expect(validated(json(), zod)).toMatchObject({ name: 'json', syntax: 'json' });
    expect(validated(json(), zod)).not.toHaveProperty('envelope');
    expect(await received(outer, z.unknown() as never, ['x', 1, 2])).toMatchObject({ good: [2, 2] });
  });

  it('tells the codec of frames that were lost and not sent', () => {
    const calls: string[] = [];
    const stateful: Codec = {
      name: 'stateful',
      framing: lines(),
      create: () => ({
        encode: String,
        decode: String,
        unsent: () => void calls.push('unsent'),
        missed: () => void calls.push('missed'),
      }),
    };
    const link = new ScriptedTransport();
    const channel = open(link, {
      codec: validated(stateful, z.unknown()),
      maxFrameBytes: 4,
      maxQueueBytes: 1,
    });
    expect(() => channel.send('x')).toThrow(expect.objectContaining({ code: 'ERR_QUEUE_FULL' }));
    link.receive('too long\n');

    expect(calls).toEqual(['unsent', 'missed']);
  });

  it('checks in the operator decode() too, for frames without an envelope', async () => {
    const { completed } = collect(from([['1', '"two"']]).pipe(decode(validated(json(), z.number()))));

    expect(await completed).toEqual([[1, code('ERR_INVALID_MESSAGE')]]);
  });

  it('types what comes in by the schema', () => {
    const codec = validated(json<string>(), zod);
    const channel = open(new ScriptedTransport(), { codec: validated(json<string>(), valibot) });

    expectTypeOf(codec).toEqualTypeOf<Codec<string, Tick>>();
    expectTypeOf(channel).toEqualTypeOf<Channel<string, Tick>>();
    expectTypeOf<StandardSchemaV1<unknown, Tick>>().toExtend<StandardSchema<Tick>>();
  });
});
