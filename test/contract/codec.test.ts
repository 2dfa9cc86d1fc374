import { z } from 'zod';
import { cbor } from '../../src/streams/cbor.js';
import { json } from '../../src/streams/json.js';
import { msgpack } from '../../src/streams/msgpack.js';
import { v8 } from '../../src/streams/v8.js';
import { validated } from '../../src/streams/validated.js';
import { codecContract } from '../../src/testing/codec-contract.js';
import { holds } from '../support/contract.js';

/** What every codec carries; the same names again and again, in different orders. */
const plain = () => [
  { id: 1, name: 'one' },
  { id: 2, name: 'two' },
  { name: 'three', id: 3 },
  { deep: { id: 4, name: 'four' }, list: [{ id: 5, name: 'five' }] },
  [],
  [{ id: 6 }],
  'ü🌍\n',
  '',
  0,
  -1.5,
  100,
  2 ** 40,
  true,
  null,
  { id: 7, name: 'x'.repeat(20_000) },
  { id: 8, name: 'eight' },
];
const rich = () => [
  ...plain(),
  undefined,
  new Map<unknown, unknown>([[1, { id: 9, name: 'nine' }]]),
  new Set(['a']),
  new Date(0),
  2n ** 60n,
  Buffer.from('bytes'),
  { undefined },
];
const functions = () => [() => 1, { deep: [() => 1] }, Symbol('s')];

holds('json as a codec', codecContract(json, { messages: plain, refused: () => [() => 1, 1n, undefined] }));
holds('v8 as a codec', codecContract(v8, { messages: rich, refused: functions }));
holds(
  'v8, packed, as a codec',
  codecContract(() => v8({ packed: true }), { messages: rich, refused: functions }),
);
holds('msgpack as a codec', codecContract(msgpack, { messages: rich, refused: functions }));
holds(
  'msgpack without records as a codec',
  codecContract(() => msgpack({ records: false }), { messages: plain, refused: functions }),
);
holds('cbor as a codec', codecContract(cbor, { messages: rich, refused: functions }));
holds(
  'a codec with a schema as a codec',
  codecContract(() => validated(msgpack(), z.unknown()), { messages: rich, refused: functions }),
);
