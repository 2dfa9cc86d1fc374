import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bare, deka, type Envelope } from '../../src/streams/envelope.js';
import { inbound } from '../../src/streams/inbound.js';
import { json } from '../../src/streams/json.js';
import { lines } from '../../src/streams/lines.js';
import { outbound, type Stages } from '../../src/streams/outbound.js';

const CMD = '"NODE_HANDLE"';
const BEFORE = `{"cmd":${CMD},"msg":`;

interface Outcome {
  readonly messages: readonly unknown[];
  readonly failures: readonly string[];
}

function stages(envelope: Envelope): Stages<unknown, unknown> {
  return { framing: lines(), coder: json().create(), syntax: 'json', envelope };
}

/** What a channel makes of this text. */
function received(wire: string, envelope: Envelope = deka()): Outcome {
  const { messages, failures } = inbound(stages(envelope), 1024 * 1024).push(Buffer.from(wire));
  return { messages, failures: failures.map(failure => failure.code) };
}

/** What it should make of one line: the whole line parsed, and the envelope checked on the result. */
function expectedOf(line: string): Outcome {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { messages: [], failures: ['ERR_DECODE'] };
  }
  if (isObject(value) && value.cmd === 'NODE_HANDLE' && Object.keys(value).includes('msg')) {
    return { messages: [value.msg], failures: [] };
  }
  return { messages: [], failures: ['ERR_BAD_ENVELOPE'] };
}

/** Not `toStrictEqual`: that asks each object for its `constructor`, which is data here. */
function expectSame(actual: unknown, expected: unknown): void {
  expect(actual).toSatisfy(value => isDeepStrictEqual(value, expected), `is ${JSON.stringify(expected)}`);
}

function isObject(value: unknown): value is { cmd?: unknown; msg?: unknown } {
  return typeof value === 'object' && value !== null;
}

/** What JSON makes of a value: -0 becomes 0. */
function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** JSON values, often with keys that mean something to JavaScript or to the envelope. */
const { value: message } = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.jsonValue({ stringUnit: 'binary' }),
    tie('object'),
  ),
  object: fc
    .array(
      fc.tuple(
        fc.constantFrom(
          '__proto__',
          'constructor',
          'prototype',
          'toJSON',
          'hasOwnProperty',
          'cmd',
          'msg',
          '',
        ),
        tie('value'),
      ),
      { maxLength: 4 },
    )
    .map(entries => Object.fromEntries(entries)),
}));

const envelopes = fc.constantFrom(deka(), bare());

describe('any JSON value', () => {
  it('arrives as it was sent', () => {
    fc.assert(
      fc.property(message, envelopes, (sent, envelope) => {
        const wire = outbound(stages(envelope)).encode(sent);

        expectSame(received(String(wire), envelope), { messages: [throughJson(sent)], failures: [] });
      }),
    );
  });

  it('arrives among many as it was sent', () => {
    fc.assert(
      fc.property(fc.array(message), envelopes, (sent, envelope) => {
        const wire = outbound(stages(envelope)).encodeMany(sent);

        expectSame(received(String(wire), envelope), { messages: sent.map(throughJson), failures: [] });
      }),
    );
  });

  it('leaves the same text through encode and encodeMany, one line each', () => {
    fc.assert(
      fc.property(fc.array(message), envelopes, (sent, envelope) => {
        const out = outbound(stages(envelope));
        const wire = out.encodeMany(sent);

        expect(wire).toBe(sent.map(one => out.encode(one)).join(''));
        expect(String(wire).split('\n')).toHaveLength(sent.length + 1);
      }),
    );
  });

  it('leaves in the text that wrapping it gives', () => {
    fc.assert(
      fc.property(message, sent => {
        expect(outbound(stages(deka())).encode(sent)).toBe(`${JSON.stringify(deka().wrap(sent))}\n`);
      }),
    );
  });

  it('arrives in an envelope that the peer spells its own way', () => {
    const space = fc.constantFrom('', ' ', '  ', '\t', '\r');
    const spelling = fc.record({ space, swapped: fc.boolean(), end: fc.constantFrom('', ' ', '\r') });
    fc.assert(
      fc.property(message, spelling, (sent, { space: gap, swapped, end }) => {
        const cmd = `"cmd":${gap}${CMD}`;
        const msg = `"msg":${gap}${JSON.stringify(sent)}`;
        const members = swapped ? [msg, cmd] : [cmd, msg];
        const wire = `{${gap}${members.join(`,${gap}`)}${gap}}${end}\n`;

        expectSame(received(wire), { messages: [throughJson(sent)], failures: [] });
      }),
    );
  });
});

describe('a broken line between good ones', () => {
  const broken = fc.oneof(
    fc.constantFrom('', 'oops', BEFORE, `${BEFORE}}`, `${BEFORE}1`, `${BEFORE}1}}`, '{"id":1}', '\r'),
    message.map(value => `${JSON.stringify(value)}]`),
  );

  it('is one failure, and both neighbours arrive', () => {
    fc.assert(
      fc.property(message, broken, message, (first, line, last) => {
        const out = outbound(stages(deka()));
        const { messages, failures } = received(`${out.encode(first)}${line}\n${out.encode(last)}`);

        expectSame(messages, [throughJson(first), throughJson(last)]);
        expect(failures).toHaveLength(1);
      }),
    );
  });
});

describe('keys that mean something to JavaScript', () => {
  it.each(['__proto__', 'constructor', 'prototype', 'toString'])('are own data: %s', key => {
    const line = `{${JSON.stringify(key)}:{"polluted":true}}`;
    const [fast] = received(`${BEFORE}${line}}\n`).messages;
    const [slow] = received(`{"msg":${line},"cmd":${CMD}}\n`).messages;

    for (const result of [fast, slow]) {
      expect(Object.getOwnPropertyNames(result)).toEqual([key]);
      expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
      expect(result).not.toHaveProperty('polluted');
    }
  });

  it('pollute nothing', () => {
    received(`${BEFORE}{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}\n`);

    expect({}).not.toHaveProperty('polluted');
  });
});

describe('the fast way of reading an envelope', () => {
  it.each([
    `${BEFORE}1,"msg":2}`,
    `${BEFORE}1,"cmd":"OTHER"}`,
    `${BEFORE}1,"cmd":${CMD}}`,
    `${BEFORE}1,"more":{}}`,
    `${BEFORE}1}}`,
    `${BEFORE}}`,
    `${BEFORE} }`,
    `${BEFORE}`,
    `${BEFORE}1`,
    `${BEFORE}1,}`,
    `${BEFORE}{}`,
    `${BEFORE}{}}`,
    `${BEFORE}"}`,
    `${BEFORE}"}"}`,
    `${BEFORE}1},{"a":2}`,
    `${BEFORE}1}${BEFORE}2}`,
    `${BEFORE} 1 }`,
    `${BEFORE}1}\r`,
    `${BEFORE}1} `,
    ` ${BEFORE}1}`,
    `\uFEFF${BEFORE}1}`,
    `${BEFORE}\uFEFF1}`,
    `${BEFORE}undefined}`,
    `${BEFORE}1,"__proto__":{"msg":2}}`,
    `{"msg":1,"msg":2,"cmd":${CMD}}`,
    `[${BEFORE}1}]`,
  ])('agrees with the slow one on %s', line => {
    expectSame(received(`${line}\n`), expectedOf(line));
  });

  const tokens = fc
    .array(
      fc.constantFrom(
        '1',
        '"a"',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"msg"',
        '"cmd"',
        CMD,
        ' ',
        'null',
        '\\',
        '"',
        '\r',
      ),
      { maxLength: 12 },
    )
    .map(parts => parts.join(''));

  /** More members, so that the line is often whole JSON although its inside is not. */
  const members = fc
    .array(
      fc.tuple(
        fc.constantFrom('msg', 'cmd', 'more', '__proto__'),
        fc.constantFrom('1', '{}', CMD, '"}"', '[2]'),
      ),
      { maxLength: 3 },
    )
    .map(pairs => pairs.map(([key, value]) => `,"${key}":${value}`).join(''));

  it('agrees with the slow one on any text in the envelope', () => {
    fc.assert(
      fc.property(tokens, inside => {
        const line = `${BEFORE}${inside}}`;

        expectSame(received(`${line}\n`), expectedOf(line));
      }),
      { numRuns: 1000 },
    );
  });

  it('agrees with the slow one on further and repeated members', () => {
    fc.assert(
      fc.property(message, members, (inside, more) => {
        const line = `${BEFORE}${JSON.stringify(inside)}${more}}`;

        expectSame(received(`${line}\n`), expectedOf(line));
      }),
    );
  });

  it('agrees with the slow one on a good line with one place changed', () => {
    const inserted = fc.constantFrom('', ' ', '}', '{', '"', ',', '1', '\\');
    const change = fc.record({ at: fc.nat({ max: 60 }), drop: fc.nat({ max: 2 }), insert: inserted });
    fc.assert(
      fc.property(message, change, (sent, { at, drop, insert }) => {
        const good = `${BEFORE}${JSON.stringify(sent)}}`;
        const line = `${good.slice(0, at)}${insert}${good.slice(at + drop)}`;
        fc.pre(Buffer.from(line).toString() === line); // not a surrogate cut in two

        expectSame(received(`${line}\n`), expectedOf(line));
      }),
      { numRuns: 1000 },
    );
  });
});
