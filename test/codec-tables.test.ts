import { inspect, isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MESSAGES } from '../bench/messages.js';
import { pair } from '../src/channel/open.js';
import { IpcError } from '../src/errors.js';
import { cbor } from '../src/streams/cbor.js';
import type { Codec } from '../src/streams/codec.js';
import { json } from '../src/streams/json.js';
import { msgpack } from '../src/streams/msgpack.js';
import { v8 } from '../src/streams/v8.js';
import { expectSection, markdownTable } from './support/sections.js';

// The tables of docs/codecs.md are what comes out here: `UPDATE_TABLES=1 npx vitest run test/codec-tables.test.ts`.

const PAGE = new URL('../docs/codecs.md', import.meta.url);

const CODECS: readonly (readonly [name: string, codec: Codec])[] = [
  ['`json()`', json()],
  ['`v8()`', v8()],
  ['`msgpack()`', msgpack()],
  ['`cbor()`', cbor()],
];

class Point {
  x = 1;
}

interface Row {
  readonly what: string;
  readonly make: () => unknown;
  /** Whether it is what was sent. Default: deeply and strictly equal. */
  readonly same?: (arrived: unknown) => boolean;
}

const ROWS: readonly Row[] = [
  { what: '`undefined`', make: () => undefined },
  { what: '`NaN`', make: () => NaN },
  { what: '`-0`', make: () => -0 },
  { what: '`Infinity`', make: () => Infinity },
  { what: 'BigInt, `1n`', make: () => 1n },
  { what: 'BigInt of over 64 bits, `2n ** 70n`', make: () => 2n ** 70n },
  { what: 'Date', make: () => new Date(1.5e12) },
  { what: 'invalid Date', make: () => new Date(NaN), same: isInvalidDate },
  { what: 'Map', make: () => new Map([[{ k: 1 }, 2]]) },
  { what: 'Set', make: () => new Set([1]) },
  { what: 'RegExp', make: () => /a/g },
  { what: 'Error', make: () => new TypeError('no'), same: isTheError },
  { what: 'Buffer', make: () => Buffer.from('hi') },
  { what: 'Uint8Array', make: () => Uint8Array.of(1, 2) },
  { what: 'Float64Array', make: () => Float64Array.of(0.5) },
  { what: 'ArrayBuffer', make: () => Uint8Array.of(1).buffer },
  { what: 'circular', make: circle, same: arrived => arrived === (arrived as { self?: unknown }).self },
  { what: 'one object twice, `[o, o]`', make: twice, same: isTwice },
  {
    what: '`toJSON` of a class',
    make: () =>
      new (class Money {
        toJSON() {
          return '5 EUR';
        }
      })(),
    same: () => false,
  },
  { what: 'instance of a class', make: () => new Point() },
  { what: 'sparse array, `[1, , 3]`', make: sparse },
  { what: 'lone surrogate, `"\\ud800"`', make: () => '\ud800' },
  { what: 'a property `__proto__`', make: () => JSON.parse('{"__proto__":1}') },
  { what: 'a property that is `undefined`', make: () => ({ a: undefined }) },
  { what: 'function', make: () => () => 1 },
];

/** What becomes of a message: ✓, what it is instead, or the error. */
function verdict(codec: Codec, { make, same }: Row): string {
  const [writer, reader] = [codec.create(), codec.create()];
  try {
    const arrived = reader.decode(writer.encode(make()));
    const unchanged = same ?? ((value: unknown) => isDeepStrictEqual(value, make()));
    return unchanged(arrived) ? '✓' : `\`${shown(arrived)}\``;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(IpcError);
    return `\`${(thrown as IpcError).code}\``;
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return inspect(value, { breakLength: Infinity, compact: true }).replaceAll('|', '\\|');
}

/** Bytes on the wire for each message, headers included. */
async function bytesPerMessage(codec: Codec, make: (id: number) => object, many: boolean): Promise<number> {
  const count = 1000;
  const [left, right] = pair({ codec });
  right.messages$.subscribe();
  const messages = Array.from({ length: count }, (_, id) => make(500_000 + id));
  if (many) left.sendMany(messages);
  else for (const message of messages) left.send(message);
  await left.close();
  return left.metrics().sent.bytes / count;
}

describe('docs/codecs.md', () => {
  it('says what each codec carries', () => {
    const rows = ROWS.map(row => [row.what, ...CODECS.map(([, codec]) => verdict(codec, row))]);
    expectSection(PAGE, 'carries', markdownTable(['sent', ...CODECS.map(([name]) => name)], rows));
  });

  it('says how many bytes a message takes', async () => {
    const all: [string, Codec][] = [...CODECS.map(([name, codec]): [string, Codec] => [name, codec])];
    const rows = await Promise.all(
      all.map(async ([name, codec]) => {
        const figures = await Promise.all(
          [MESSAGES.small, MESSAGES['1 KB']].flatMap(({ make }) => [
            bytesPerMessage(codec, make, false),
            bytesPerMessage(codec, make, true),
          ]),
        );
        return [name, ...figures.map(figure => figure.toFixed(0))];
      }),
    );
    const head = [
      'bytes a message',
      'small, `send`',
      'small, `sendMany`',
      '1 KB, `send`',
      '1 KB, `sendMany`',
    ];
    expectSection(PAGE, 'sizes', markdownTable(head, rows));
  });
});

function isInvalidDate(value: unknown): boolean {
  return value instanceof Date && Number.isNaN(value.getTime());
}

function isTheError(value: unknown): boolean {
  return value instanceof TypeError && value.message === 'no';
}

function circle(): unknown {
  const one: Record<string, unknown> = {};
  one['self'] = one;
  return one;
}

function twice(): unknown {
  const one = { a: 1 };
  return [one, one];
}

function isTwice(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value[0] === value[1];
}

function sparse(): unknown {
  const array = [1];
  array[2] = 3;
  return array;
}
