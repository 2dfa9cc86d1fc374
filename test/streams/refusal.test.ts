import { describe, expect, it } from 'vitest';
import { IpcError } from '../../src/errors.js';
import type { Framing } from '../../src/streams/framing.js';
import { lengthPrefixed } from '../../src/streams/length-prefixed.js';
import { lines } from '../../src/streams/lines.js';
import { heedingRefusal, refusal } from '../../src/streams/refusal.js';

/** What comes of a wire byte by byte and in one: errors by their text. */
function read(framing: Framing, wire: string | Uint8Array, chunk = 1): unknown[] {
  const splitter = heedingRefusal(framing, 'mine').splitter({ maxFrameBytes: 1024 });
  const bytes = Buffer.from(wire);
  const found: unknown[] = [];
  for (let at = 0; at < bytes.length; at += chunk)
    found.push(...splitter.push(bytes.subarray(at, at + chunk)));
  const end = splitter.end();
  return [...found, ...(end === undefined ? [] : [end])].map(item =>
    item instanceof IpcError ? `${item.code}: ${item.message}` : String(item),
  );
}

const mismatchWith = (name: string) => [
  expect.stringMatching(
    new RegExp(`^ERR_CODEC_MISMATCH: This side writes mine, the child would read ${name};`),
  ),
];

describe.each([
  ['lines', lines()],
  ['length-prefixed', lengthPrefixed()],
])('a refusal, over %s', (_name, framing) => {
  it.each([1, 7, 1000])('is one error, and nothing else comes out, in chunks of %i', chunk => {
    const behind = Buffer.concat([Buffer.from('{"a":1}\n'), Buffer.from(framing.join('next'))]);

    expect(read(framing, Buffer.concat([Buffer.from(refusal('other-1')), behind]), chunk)).toEqual(
      mismatchWith('other-1'),
    );
  });

  it('quotes no name that could reach a terminal, or that never ends', () => {
    expect(read(framing, refusal('\x1b[31m'))).toEqual(mismatchWith('another codec'));
    expect(read(framing, refusal('x').replace('"x"', `"${'x'.repeat(1000)}`))).toEqual(
      mismatchWith('another codec'),
    );
  });

  it('that is cut before it is one is a frame that is cut', () => {
    expect(read(framing, '{"cmd":"DE')).toEqual([expect.stringContaining('ERR_')]);
  });

  it('counts at the beginning alone', () => {
    const first = Buffer.from(framing.join('first'));
    const later = Buffer.from(framing.join(refusal('other').trimEnd()));

    expect(read(framing, Buffer.concat([first, later]))).toEqual(['first', refusal('other').trimEnd()]);
  });

  it('changes nothing in what is none', () => {
    const { name, kind, join, delimiter, header } = heedingRefusal(framing, 'mine');

    expect({ name, kind, delimiter, header }).toEqual({
      name: framing.name,
      kind: framing.kind,
      delimiter: framing.delimiter,
      header: framing.header,
    });
    expect(join('x')).toEqual(framing.join('x'));
    expect(read(framing, framing.join('{"cmd":"DEKA_OTHER"}'))).toEqual(['{"cmd":"DEKA_OTHER"}']);
    expect(read(framing, Buffer.from(framing.join('cut')).subarray(0, -1))).toEqual([
      expect.stringContaining('ERR_DECODE'),
    ]);
  });
});

it('lets a long frame be read to where its splitter wants it, once there can be no refusal', () => {
  const splitter = heedingRefusal(lengthPrefixed(), 'mine').splitter({ maxFrameBytes: 1_000_000 });
  expect(splitter.room?.()).toBeUndefined();
  splitter.push(Buffer.from([0, 1, 0, 0, 1]));
  expect(splitter.room?.()).toHaveLength(65_535 + 4);
});

describe('JSON Lines', () => {
  const line = '{"cmd":"NODE_HANDLE","msg":1}\n';

  it('over a binary framing are a codec that is not ours', () => {
    expect(read(lengthPrefixed(), line)).toEqual(mismatchWith('json'));
  });

  it('over lines are what belongs there', () => {
    expect(read(lines(), line)).toEqual([line.trimEnd()]);
  });
});
