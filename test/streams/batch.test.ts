import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WholeTexts } from '../../src/joint.js';
import { batchOutbound } from '../../src/streams/batch.js';
import { bare } from '../../src/streams/envelope.js';
import { featuresTaken, MAX_BATCH_FRAME_BYTES } from '../../src/streams/features.js';
import { DEFAULT_MAX_FRAME_BYTES } from '../../src/streams/framing.js';
import { inbound } from '../../src/streams/inbound.js';
import { json } from '../../src/streams/json.js';
import { lengthPrefixed } from '../../src/streams/length-prefixed.js';
import type { JoiningOutbound } from '../../src/streams/outbound.js';
import { receivedFrom, sender, stages, type TestStages } from '../support/batch-sender.js';

const CANNOT: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['a function', () => {}],
  ['a symbol', Symbol('s')],
  ['a bigint', 1n],
  ['a toJSON that returns undefined', { toJSON: () => undefined }],
  ['a circle', circle()],
];

function circle(): object {
  const all: unknown[] = [];
  all.push(all);
  return all;
}

describe('a batch of a stranger', () => {
  it.each([
    ['as this library spells it', ''],
    ['spelt otherwise', ' '],
  ])('is dropped beyond 1 MiB, %s, and its neighbours arrive', (_what, space) => {
    const line = (count: number) => `{"cmd":${space}"DEKA_BATCH","msgs":[${'1,'.repeat(count - 1)}1]}\n`;
    const fits = Math.floor((MAX_BATCH_FRAME_BYTES - line(1).length) / 2);
    const bytes = Buffer.from(`${line(fits)}${line(fits + 100)}${line(1)}`);
    const { messages, failures } = inbound(stages(), DEFAULT_MAX_FRAME_BYTES).push(bytes);
    expect(messages).toHaveLength(fits + 1);
    expect(failures).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TOO_LARGE' })]);
  });
});

describe('messages that leave together', () => {
  it('are one frame', () => {
    const { send, lines: sent } = sender();
    for (const message of [1, 'two', { three: 3 }]) send(message);
    expect(sent()).toEqual(['{"cmd":"DEKA_BATCH","msgs":[1,"two",{"three":3}]}']);
  });

  it('are one frame with those of sendMany', () => {
    const { send, sendMany, lines: sent } = sender();
    send(1);
    sendMany([2, 3]);
    send(4);
    expect(sent()).toEqual(['{"cmd":"DEKA_BATCH","msgs":[1,2,3,4]}']);
  });

  it('are no batch if there is only one', () => {
    const { send, sendMany, lines: sent } = sender();
    send(1);
    expect(sent()).toEqual(['{"cmd":"NODE_HANDLE","msg":1}']);
    sendMany([2]);
    expect(sent()).toEqual(['{"cmd":"NODE_HANDLE","msg":2}']);
  });

  it('leave a large one a frame of its own, and keep their order', () => {
    const large = 'x'.repeat(9000);
    const { send, lines: sent } = sender();
    for (const message of [1, 2, large, 3]) send(message);
    expect(sent()).toEqual([
      '{"cmd":"DEKA_BATCH","msgs":[1,2]}',
      `{"cmd":"NODE_HANDLE","msg":"${large}"}`,
      '{"cmd":"NODE_HANDLE","msg":3}',
    ]);
  });

  it.each([
    ['one by one', 1],
    ['many at once', 20_000],
  ])('never make a frame longer than a peer must take, sent %s', (_, together) => {
    const { sendMany, lines: sent } = sender();
    const message = '\uffff'.repeat(60);
    for (let count = 0; count < 20_000; count += together) sendMany(Array(together).fill(message));
    const frames = sent();
    expect(Math.max(...frames.map(frame => Buffer.byteLength(frame)))).toBeLessThan(MAX_BATCH_FRAME_BYTES);
    expect(frames.length).toBeLessThan(100);
    expect(receivedFrom(frames)).toHaveLength(20_000);
  });

  it('learn how many fit into a frame, and encode no message twice', () => {
    let encoded = 0;
    const { encode, decode } = json().create();
    const coder = {
      decode,
      encode: (message: unknown) => {
        encoded += 1;
        return encode(message);
      },
    };
    const { sendMany, lines: sent } = sender({ coder });
    const [large, small] = [Array(20).fill('x'.repeat(9000)), Array(500).fill('y')];
    sendMany(large); // at first it is not known
    encoded = 0;
    for (const messages of [large, large, small, small]) sendMany(messages);
    expect(encoded).toBe(2 * 20 + 2 * 500);
    expect(receivedFrom(sent())).toEqual([large, large, large, small, small].flat());
  });

  it('are frames of their own if many are large', () => {
    const { sendMany, lines: sent } = sender();
    const large = 'x'.repeat(9000);
    sendMany(Array(300).fill(large));
    expect(sent()).toEqual(Array(300).fill(`{"cmd":"NODE_HANDLE","msg":"${large}"}`));
  });

  it.each([
    [9000, [7, 7, 6]],
    [40_000, Array(20).fill(1)],
  ])('leave in writes of about 64 KiB if each has %i characters', (length, written) => {
    const { encodeMany } = batchOutbound(stages()) as JoiningOutbound<unknown>;
    const { texts } = encodeMany(Array(20).fill('x'.repeat(length))) as WholeTexts;
    expect(texts.map(text => text.split('\n').length - 1)).toEqual(written);
  });

  it('arrive as they would one by one, whatever they are and however they are sent', () => {
    const messages = fc.array(
      fc.oneof(
        fc.jsonValue(),
        fc.date().map(date => ({ date })),
      ),
      { maxLength: 600 },
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(messages, fc.boolean()), { maxLength: 8 }),
        fc.integer({ min: 1, max: 200 }),
        (parts, max) => {
          const { send, sendMany, lines: sent } = sender({}, max);
          for (const [part, atOnce] of parts) {
            if (atOnce && part.length > 0) sendMany(part);
            else part.forEach(send);
          }
          const expected = parts
            .flatMap(([part]) => part)
            .map(message => JSON.parse(JSON.stringify(message)) as unknown);
          expect(receivedFrom(sent())).toEqual(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each(CANNOT)('throw for %s, which an array would turn into null or hide', (_, message) => {
    const { send, sendMany, lines: sent } = sender();
    expect(() => sendMany([1, message, 2])).toThrow(expect.objectContaining({ code: 'ERR_ENCODE' }));
    expect(() => send(message)).toThrow(expect.objectContaining({ code: 'ERR_ENCODE' }));
    expect(sent()).toEqual([]);
  });

  it('call toJSON and a replacer as they would one by one', () => {
    const keyed = { toJSON: (key: string) => `key ${key}` };
    const plain = sender();
    plain.sendMany([keyed, keyed]);
    expect(receivedFrom(plain.lines())).toEqual(['key ', 'key ']);

    const replaced = sender({
      coder: json({ replacer: (key, value) => (key === '' ? { key, value } : value) }).create(),
    });
    replaced.sendMany([1, 2]);
    expect(receivedFrom(replaced.lines())).toEqual([
      { key: '', value: 1 },
      { key: '', value: 2 },
    ]);
  });
});

describe('batches are taken', () => {
  const limits = { maxFrameBytes: MAX_BATCH_FRAME_BYTES };

  it('by JSON lines in the envelope', () => {
    expect(featuresTaken(stages(), limits)).toEqual(['batch', 'rows']);
  });

  it('by no side whose limit they might exceed', () => {
    expect(featuresTaken(stages(), { maxFrameBytes: MAX_BATCH_FRAME_BYTES - 1 })).toEqual([]);
  });

  it('by no codec that has to see each message', () => {
    expect(featuresTaken(stages({ coder: json({ reviver: (_, value) => value }).create() }), limits)).toEqual(
      [],
    );
  });

  it.each<[string, Partial<TestStages>]>([
    ['no envelope', { envelope: bare() }],
    ['another syntax', { syntax: undefined }],
    ['a binary framing', { framing: lengthPrefixed() }],
  ])('nowhere with %s: the wire has no extensions there', (_, changes) => {
    expect(featuresTaken(stages(changes), limits)).toBeUndefined();
    expect(batchOutbound(stages(changes))).toBeUndefined();
  });
});
