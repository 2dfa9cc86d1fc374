import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { featuresTaken, MAX_BATCH_FRAME_BYTES } from '../../src/streams/features.js';
import { DEFAULT_MAX_FRAME_BYTES } from '../../src/streams/framing.js';
import { inbound } from '../../src/streams/inbound.js';
import { json } from '../../src/streams/json.js';
import { validated } from '../../src/streams/validated.js';
import { FRAME_CHARGE_BYTES } from '../../src/transport/write-queue.js';
import { receivedFrom, sender, stages, type TestStages } from '../support/batch-sender.js';

const BOTH = ['batch', 'rows'];

function rowSender(changes: Partial<TestStages> = {}, maxBatchBytes = 1e9) {
  return sender(changes, maxBatchBytes, BOTH);
}

/** What comes of messages that are sent one by one, in one write. */
function linesOf(messages: readonly unknown[]): string[] {
  const { send, lines } = rowSender();
  messages.forEach(send);
  return lines();
}

function kinds(lines: readonly string[]): string[] {
  return lines.map(line => /^\{"cmd":"(\w+)"/.exec(line)?.[1] ?? line);
}

function ids(count: number): object[] {
  return Array.from({ length: count }, (_, id) => ({ id, kind: 'one' }));
}

describe('messages that are alike and leave together', () => {
  it('stand in rows, with their keys once, behind those that showed it', () => {
    const lines = linesOf(ids(40));
    expect(kinds(lines)).toEqual(['DEKA_BATCH', 'DEKA_ROWS']);
    expect(lines[1]).toMatch(
      /^\{"cmd":"DEKA_ROWS","keys":\["id","kind"\],"rows":\[25,"one",26,"one",.*,39,"one"\]\}$/,
    );
    expect(receivedFrom(lines)).toEqual(ids(40));
  });

  it('stand in rows from the first one on if sendMany gets many', () => {
    const { sendMany, lines } = rowSender();
    sendMany(ids(16));
    expect(lines()).toEqual([
      `{"cmd":"DEKA_ROWS","keys":["id","kind"],"rows":[${ids(16).map((_, id) => `${id},"one"`)}]}`,
    ]);
  });

  it('are messages as usual if they are few', () => {
    const { sendMany, lines } = rowSender();
    sendMany(ids(15));
    expect(kinds(lines())).toEqual(['DEKA_BATCH']);
    expect(kinds(linesOf(ids(16)))).toEqual(['DEKA_BATCH']);
  });

  it('are messages as usual again in the next write, which may have one alone', () => {
    const { send, lines } = rowSender();
    ids(40).forEach(send);
    lines();
    send({ id: 40, kind: 'one' });
    expect(lines()).toEqual(['{"cmd":"NODE_HANDLE","msg":{"id":40,"kind":"one"}}']);
    ids(40).forEach(send);
    expect(kinds(lines())).toEqual(['DEKA_BATCH', 'DEKA_ROWS']);
  });

  it.each<[string, (id: number) => unknown]>([
    ['two kinds in turn', id => (id % 2 === 0 ? { id } : { name: id })],
    ['four of each kind', id => (id % 8 < 4 ? { id } : { name: id })],
    ['other keys each time', id => ({ [`key${id}`]: id })],
    ['objects in objects', id => ({ id, of: { id } })],
    ['lists', id => [id]],
    ['numbers', id => id],
    ['null', () => null],
    ['no keys at all', () => ({})],
    ['instances with a toJSON', id => new Date(id)],
    ['a toJSON of their own', id => ({ id, toJSON: () => id })],
    ['a toJSON that is not seen', id => Object.defineProperty({ id }, 'toJSON', { value: () => id })],
    ['a value that JSON leaves out', id => ({ id, not: undefined })],
    ['a key that JSON alone understands', id => JSON.parse(`{"__proto__":${id}}`)],
    ['more than 64 keys', () => Object.fromEntries(Array.from({ length: 65 }, (_, key) => [`k${key}`, 0]))],
  ])('are one batch if they are not alike: %s', (_what, make) => {
    const messages = Array.from({ length: 60 }, (_, id) => make(id));
    const lines = linesOf(messages);
    expect(kinds(lines)).toEqual(['DEKA_BATCH']);
    expect(receivedFrom(lines)).toEqual(JSON.parse(JSON.stringify(messages)));
    const { sendMany, lines: sent } = rowSender();
    sendMany(messages);
    for (const message of messages) sendMany([message]);
    expect(kinds(sent())).toEqual(['DEKA_BATCH']);
  });

  it('have null in the rows for numbers that JSON has none for', () => {
    const messages = [
      ...ids(30),
      { id: Number.NaN, kind: 'one' },
      { id: Number.POSITIVE_INFINITY, kind: 'one' },
    ];
    const lines = linesOf(messages);
    expect(kinds(lines)).toEqual(['DEKA_BATCH', 'DEKA_ROWS']);
    expect(receivedFrom(lines).slice(-2)).toEqual(Array(2).fill({ id: null, kind: 'one' }));
  });

  it('leave the rows for one that is not, and come back to them', () => {
    const messages = [...ids(40), { odd: 1 }, ...ids(40)];
    const lines = linesOf(messages);
    expect(kinds(lines)).toEqual(['DEKA_BATCH', 'DEKA_ROWS', 'DEKA_BATCH', 'DEKA_ROWS']);
    expect(receivedFrom(lines)).toEqual(messages);
  });

  it('may be of another kind from some moment on', () => {
    const messages = [...ids(40), ...Array.from({ length: 40 }, (_, id) => ({ name: id, kind: 'two' }))];
    const lines = linesOf(messages);
    expect(kinds(lines)).toEqual(['DEKA_BATCH', 'DEKA_ROWS', 'DEKA_BATCH', 'DEKA_ROWS']);
    expect(receivedFrom(lines)).toEqual(messages);
  });

  it('may be of another kind that the queue had no room for before', () => {
    const { send, refused, lines } = rowSender();
    const others = Array.from({ length: 40 }, (_, id) => ({ name: id, kind: 'two', of: 1 }));
    ids(40).forEach(send);
    refused(others);
    refused(others); // the first time one of them taught their keys, and no more
    others.forEach(send);
    expect(receivedFrom(lines())).toEqual([...ids(40), ...others]);
  });

  it('may lack a key', () => {
    const messages = [...ids(40), { id: 40 }, ...ids(40)];
    expect(receivedFrom(linesOf(messages))).toEqual(messages);
  });

  it('go alone where one is long', () => {
    const messages = [...ids(40), { id: 40, kind: 'x'.repeat(9000) }, ...ids(40)];
    const lines = linesOf(messages);
    expect(kinds(lines)).toContain('NODE_HANDLE');
    expect(receivedFrom(lines)).toEqual(messages);
  });

  it.each([
    ['one by one', 20_000, 1, '\uffff'.repeat(60)],
    ['many at once', 20_000, 20_000, '\uffff'.repeat(60)],
    ['one by one, of many control characters', 2000, 1, '\0'.repeat(200)],
    ['many at once, of many control characters', 200, 200, '\0'.repeat(8000)],
  ])('never make a frame longer than a peer must take, sent %s', (_, total, together, text) => {
    const { sendMany, lines: sent } = rowSender();
    for (let count = 0; count < total; count += together) sendMany(Array(together).fill({ text }));
    const lines = sent();
    expect(kinds(lines)).toContain('DEKA_ROWS');
    expect(Math.max(...lines.map(line => Buffer.byteLength(line)))).toBeLessThan(MAX_BATCH_FRAME_BYTES);
    expect(lines.length).toBeLessThan(100);
    expect(receivedFrom(lines)).toHaveLength(total);
  });

  it('stand in one frame however they are sent, and whoever asks meanwhile how many bytes they have', () => {
    const { send, sendMany, bytes, lines: sent } = rowSender();
    const messages = ids(3600);
    const part = (start: number, end: number) => messages.slice(start, end);
    part(0, 1600).forEach(send);
    sendMany(part(1600, 2000));
    sendMany(part(2000, 2016));
    expect(bytes()).toBeGreaterThan(2000);
    part(2016, 2100).forEach(send);
    sendMany(part(2100, 2116));
    part(2116, 3600).forEach(send);
    const lines = sent();
    expect(kinds(lines)).toEqual(['DEKA_BATCH', 'DEKA_ROWS']);
    expect(receivedFrom(lines)).toEqual(messages);
  });

  it('weigh in a queue about what they have in characters', () => {
    const { send, sendMany, weight, bytes } = rowSender();
    for (let count = 0; count < 3; count += 1) {
      ids(60).forEach(send);
      send({ odd: true });
      sendMany(ids(60));
    }
    const charge = 3 * 121 * FRAME_CHARGE_BYTES;
    const weighed = weight() - charge;
    expect(weighed).toBeGreaterThan(bytes() * 0.9);
    expect(weighed).toBeLessThan(bytes() * 1.3);
  });

  it.each<[string, object]>([
    [
      'a getter',
      {
        id: 40,
        get kind() {
          throw new Error('not now');
        },
      },
    ],
    [
      'a getter for toJSON',
      {
        id: 40,
        kind: 'one',
        get toJSON() {
          throw new Error('not now');
        },
      },
    ],
  ])('fail as they would alone if %s throws, and nothing else is lost', (_what, message) => {
    const { send, sendMany, lines } = rowSender();
    ids(40).forEach(send);
    const failure = expect.objectContaining({ code: 'ERR_ENCODE' });
    expect(() => send(message)).toThrow(failure);
    expect(() => sendMany([...ids(20), message])).toThrow(failure);
    ids(40).forEach(send);
    expect(receivedFrom(lines())).toEqual([...ids(40), ...ids(40)]);
  });

  it('keep their order if reading one sends others', () => {
    const { send, lines } = rowSender();
    const sent: unknown[] = [];
    const sending = (message: object) => {
      sent.push(message);
      send(message);
    };
    ids(40).forEach(sending);
    send({
      id: 40,
      get kind() {
        sending({ id: 39.5, kind: 'two' });
        return 'one';
      },
    });
    sent.push({ id: 40, kind: 'one' });
    send({
      toJSON: () => {
        ids(40).forEach(sending);
        return 'encoded last';
      },
    });
    sent.push('encoded last');
    ids(40).forEach(sending);
    expect(receivedFrom(lines())).toEqual(sent);
  });

  it.each([0, 40])('keep their order if reading one sends many others, behind %i', before => {
    const { sendMany, send, lines } = rowSender();
    const sent: unknown[] = [];
    const sendingMany = (messages: object[]) => {
      sent.push(...messages);
      sendMany(messages);
    };
    const sending = (message: object) => {
      sent.push(message);
      send(message);
    };
    sendingMany(ids(300));
    ids(before).forEach(sending);
    send({
      get id() {
        return 40;
      },
      get kind() {
        sendingMany(ids(20));
        return 'one';
      },
    });
    sent.push({ id: 40, kind: 'one' });
    ids(40).forEach(sending);
    expect(receivedFrom(lines())).toEqual(sent);
  });

  it('arrive as they would one by one, to the order of their keys, however they are sent', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constantFrom(null, -0, 1e21, 5e-324, '', '\ud800', '\u2028', '__proto__'),
    );
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom({ a: undefined }, { a: () => 1 }, { a: new Date(0) }),
    );
    const kind = fc.uniqueArray(
      fc.oneof(fc.string(), fc.constantFrom('a', 'b', '1', '0', '__proto__', 'toJSON')),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    const alike = kind.chain(keys =>
      fc.array(
        fc
          .array(value, { minLength: keys.length, maxLength: keys.length })
          .map(values => record(keys, values)),
        { minLength: 10, maxLength: 60 },
      ),
    );
    const parts = fc.array(fc.tuple(fc.oneof(alike, alike, fc.array(odd, { maxLength: 3 })), fc.boolean()), {
      maxLength: 12,
    });
    let rows = 0;
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 4000 }), (all, max) => {
        const { send, sendMany, bytes, lines: sent } = rowSender({}, max);
        for (const [part, atOnce] of all) {
          if (atOnce && part.length > 0) sendMany(part);
          else part.forEach(send);
        }
        const queued = bytes();
        const lines = sent();
        expect(queued).toBe(lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0));
        rows += kinds(lines).filter(kindOf => kindOf === 'DEKA_ROWS').length;
        const texts = all.flatMap(([part]) => part).map(message => JSON.stringify(message));
        expect(receivedFrom(lines).map(message => JSON.stringify(message))).toEqual(
          texts.map(text => JSON.stringify(JSON.parse(text))),
        );
      }),
      { numRuns: 300 },
    );
    expect(rows).toBeGreaterThan(100);
  });
});

function record(keys: readonly string[], values: readonly unknown[]): object {
  return Object.fromEntries(keys.map((key, at) => [key, values[at]]));
}

describe('rows of a stranger', () => {
  const read = (...lines: string[]) =>
    inbound(stages(), DEFAULT_MAX_FRAME_BYTES).push(Buffer.from(`${lines.join('\n')}\n`));
  const HEAD = '{"cmd":"DEKA_ROWS","keys":["a","b"],"rows":';

  it.each([
    ['with spaces', '{ "cmd": "DEKA_ROWS", "keys": ["a", "b"], "rows": [1, 2, 3, 4] }'],
    ['in another order', '{"rows":[1,2,3,4],"keys":["a","b"],"cmd":"DEKA_ROWS"}'],
    ['with a member more', `${HEAD}[1,2,3,4],"more":[5]}`],
    ['as here', `${HEAD}[1,2,3,4]}`],
  ])('are understood however they are spelled: %s', (_what, line) => {
    const { messages, failures } = read(line, line, `${HEAD}[]}`, line);
    expect(failures).toEqual([]);
    expect(messages).toEqual(
      Array(3)
        .fill([
          { a: 1, b: 2 },
          { a: 3, b: 4 },
        ])
        .flat(),
    );
  });

  it.each([
    ['a value too many', `${HEAD}[1,2,3]}`, 'ERR_DECODE'],
    ['no keys', '{"cmd":"DEKA_ROWS","keys":[],"rows":[1]}', 'ERR_DECODE'],
    ['keys that are no names', '{"cmd":"DEKA_ROWS","keys":["a",1],"rows":[1,2]}', 'ERR_DECODE'],
    ['__proto__ for a key', '{"cmd":"DEKA_ROWS","keys":["__proto__"],"rows":[{"polluted":1}]}', 'ERR_DECODE'],
    ['no list of values', `${HEAD}{"0":1}}`, 'ERR_BAD_ENVELOPE'],
    ['no list of keys', '{"cmd":"DEKA_ROWS","keys":"ab","rows":[1,2]}', 'ERR_BAD_ENVELOPE'],
    ['text that is no JSON', `${HEAD}[1,2}`, 'ERR_DECODE'],
    ['text that is no JSON, well enclosed', `${HEAD}[1,,2]}`, 'ERR_DECODE'],
  ])('that are none are one failure, and their neighbours arrive: %s', (_what, line, code) => {
    const { messages, failures } = read(`${HEAD}[1,2]}`, line, `${HEAD}[3,4]}`);
    expect(failures).toEqual([expect.objectContaining({ code })]);
    expect(messages).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ]);
  });

  it('may have the same key twice, as JSON may', () => {
    const { messages } = read('{"cmd":"DEKA_ROWS","keys":["a","a"],"rows":[1,2]}');
    expect(messages).toEqual([{ a: 2 }]);
  });

  it('with other keys, or other last words, are not taken for those before', () => {
    const other = '{"cmd":"DEKA_ROWS","keys":["b","a"],"rows":[1,2]}';
    const { messages, failures } = read(`${HEAD}[1,2]}`, other, `${HEAD}[1,2],"cmd":"NODE_HANDLE","msg":7}`);
    expect(failures).toEqual([]);
    expect(messages).toEqual([{ a: 1, b: 2 }, { b: 1, a: 2 }, 7]);
  });

  it.each(['', ' '])('are dropped beyond 1 MiB, and their neighbours arrive: %j', space => {
    const head = `{"cmd":${space}"DEKA_ROWS","keys":["a"],"rows":[`;
    const line = (count: number) => `${head}${'1,'.repeat(count - 1)}1]}`;
    const fits = Math.floor((MAX_BATCH_FRAME_BYTES - line(1).length) / 2);
    const { messages, failures } = read(line(fits), line(fits + 100), line(1));
    expect(messages).toHaveLength(fits + 1);
    expect(failures).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TOO_LARGE' })]);
  });
});

describe('rows are taken', () => {
  const limits = { maxFrameBytes: MAX_BATCH_FRAME_BYTES };

  it('with a schema, which sees each message', () => {
    const codec = validated(json(), z.object({ id: z.number().max(98) }));
    expect(featuresTaken(stages({ coder: codec.create() }), limits)).toEqual(BOTH);
    const lines = linesOf(Array.from({ length: 100 }, (_, id) => ({ id })));
    const { messages, failures } = inbound(stages({ coder: codec.create() }), DEFAULT_MAX_FRAME_BYTES).push(
      Buffer.from(lines.map(line => `${line}\n`).join('')),
    );
    expect(messages).toHaveLength(99);
    expect(failures).toEqual([expect.objectContaining({ code: 'ERR_INVALID_MESSAGE' })]);
  });

  it('by nobody whose codec adds something to JSON', () => {
    const replacing = json({ replacer: (_, value) => value }).create();
    expect(featuresTaken(stages({ coder: replacing }), limits)).toEqual(['batch']);
    const { plain: _plain, ...own } = json().create();
    expect(featuresTaken(stages({ coder: own }), limits)).toEqual(['batch']);
  });

  it('and not sent to a peer that takes batches alone', () => {
    const { send, sendMany, lines } = sender();
    sendMany(ids(100));
    ids(100).forEach(send);
    expect(kinds(lines())).toEqual(['DEKA_BATCH']);
  });

  it('nor by it', () => {
    const { plain: _plain, ...own } = json().create();
    const { sendMany, lines } = rowSender({ coder: own });
    sendMany(ids(100));
    expect(kinds(lines())).toEqual(['DEKA_BATCH']);
  });
});
