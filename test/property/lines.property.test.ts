import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { ByteAccumulator } from '../../src/streams/byte-accumulator.js';
import { DEFAULT_MAX_FRAME_BYTES } from '../../src/streams/framing.js';
import { lines } from '../../src/streams/lines.js';
import { byteByByte, cut, sizes } from '../support/cutting.js';

const LF = 0x0a;
const KIB = 1024;
const MIB = 1024 * KIB;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Everything a splitter gives for these chunks: lines as they are, errors by their code. */
function split(chunks: readonly Uint8Array[], maxFrameBytes = DEFAULT_MAX_FRAME_BYTES): unknown[] {
  const splitter = lines().splitter({ maxFrameBytes });
  return chunks
    .flatMap(chunk => splitter.push(chunk))
    .map(item => (item instanceof IpcError ? { code: item.code } : item));
}

const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constant('\n') },
  fc.constantFrom(
    '😀',
    '👩‍👩‍👧',
    '漢字',
    'é',
    '\r\n',
    '\r',
    '\n\n',
    '\uFFFD',
    '\uFEFF',
    '\u2028',
    '\u2029',
    '\u0085',
    '\0',
    'null',
    JSON.stringify({ text: 'one\r\ntwo' }),
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

/** Well-formed text of many lines. */
const text = fc.array(piece, { maxLength: 30 }).map(pieces => pieces.join(''));

/** Bytes that are often, but not always, UTF-8, with many line feeds. */
const noise = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: fc.constant(Buffer.of(LF)) },
      { weight: 2, arbitrary: piece.map(part => Buffer.from(part)) },
      fc.uint8Array({ maxLength: 4 }).map(part => Buffer.from(part)),
      fc.constantFrom(Buffer.of(0xff), Buffer.of(0xe2, 0x82), Buffer.of(0xed, 0xa0, 0x80), Buffer.of(0x82)),
    ),
    { maxLength: 30 },
  )
  .map(parts => Buffer.concat(parts));

describe('text', () => {
  it('has the lines that split finds, however it is cut', () => {
    fc.assert(
      fc.property(text, sizes, (whole, cuts) => {
        const bytes = Buffer.from(whole);
        const expected = whole.split('\n').slice(0, -1);

        expect(split([bytes])).toEqual(expected);
        expect(split(cut(bytes, cuts))).toEqual(expected);
        expect(split(byteByByte(bytes))).toEqual(expected);
      }),
    );
  });

  it('has a rest exactly if it does not end with a line feed', () => {
    fc.assert(
      fc.property(text, sizes, (whole, cuts) => {
        const splitter = lines().splitter({ maxFrameBytes: DEFAULT_MAX_FRAME_BYTES });
        for (const chunk of cut(Buffer.from(whole), cuts)) splitter.push(chunk);

        const ended = whole === '' || whole.endsWith('\n');
        expect(splitter.end()?.code).toBe(ended ? undefined : 'ERR_DECODE');
      }),
    );
  });

  it('comes back from join and split', () => {
    const line = text.map(whole => whole.replaceAll('\n', ''));
    fc.assert(
      fc.property(fc.array(line), sizes, (frames, cuts) => {
        const wire = Buffer.from(frames.map(frame => lines().join(frame)).join(''));

        expect(split(cut(wire, cuts))).toEqual(frames);
      }),
    );
  });
});

describe('arbitrary bytes', () => {
  it('give the same items however they are cut, one per line feed', () => {
    fc.assert(
      fc.property(noise, sizes, (bytes, cuts) => {
        const whole = split([bytes]);

        expect(whole).toHaveLength(bytes.filter(byte => byte === LF).length);
        expect(split(cut(bytes, cuts))).toEqual(whole);
        expect(split(byteByByte(bytes))).toEqual(whole);
      }),
    );
  });

  it('give text, or an ERR_DECODE for a line that is not UTF-8', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const expectedOf = (line: Buffer): unknown => {
      try {
        return decoder.decode(line);
      } catch {
        return { code: 'ERR_DECODE' };
      }
    };
    fc.assert(
      fc.property(fc.array(noise.map(withoutLineFeeds)), sizes, (parts, cuts) => {
        const wire = Buffer.concat(parts.flatMap(part => [part, Buffer.of(LF)]));

        expect(split(cut(wire, cuts))).toEqual(parts.map(expectedOf));
      }),
    );
  });

  function withoutLineFeeds(bytes: Buffer): Buffer {
    return Buffer.from(bytes.filter(byte => byte !== LF));
  }
});

describe('a small maxFrameBytes', () => {
  const MAX = 8;
  const letters = fc.integer({ min: 0, max: 3 * MAX }).map(length => 'x'.repeat(length));
  const line = fc.oneof(
    letters,
    fc.constantFrom('x'.repeat(MAX - 1), 'x'.repeat(MAX), 'x'.repeat(MAX + 1), '😀😀', '😀😀a', '漢字漢'),
  );
  const expectedOf = (whole: string): unknown =>
    Buffer.byteLength(whole) <= MAX ? whole : { code: 'ERR_FRAME_TOO_LARGE' };

  it('gives one error for each line over it and lets all others through, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(line), sizes, (all, cuts) => {
        const bytes = Buffer.from(all.map(one => `${one}\n`).join(''));
        const expected = all.map(expectedOf);

        expect(split([bytes], MAX)).toEqual(expected);
        expect(split(cut(bytes, cuts), MAX)).toEqual(expected);
        expect(split(byteByByte(bytes), MAX)).toEqual(expected);
      }),
    );
  });

  it('gives one error for a last line over it that never ends, and none for a shorter one', () => {
    fc.assert(
      fc.property(letters, sizes, (last, cuts) => {
        const expected = last.length <= MAX ? ['a'] : ['a', { code: 'ERR_FRAME_TOO_LARGE' }];

        expect(split(cut(Buffer.from(`a\n${last}`), cuts), MAX)).toEqual(expected);
      }),
    );
  });

  it('gives the same for arbitrary bytes however they are cut', () => {
    fc.assert(
      fc.property(noise, sizes, (bytes, cuts) => {
        const whole = split([bytes], MAX);

        expect(split(cut(bytes, cuts), MAX)).toEqual(whole);
        expect(split(byteByByte(bytes), MAX)).toEqual(whole);
      }),
    );
  });
});

describe('work', () => {
  const chunk = Buffer.alloc(64 * KIB, 'x');

  function* longLine(bytes: number): Generator<Buffer> {
    for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
    yield Buffer.of(LF);
  }

  it('of memory: a line of 32 MiB in small chunks allocates a few times, and four times its length', () => {
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const frames = split([...longLine(32 * MIB)]);
    const allocated = allocate.mock.calls.reduce((sum, [size]) => sum + size, 0);

    expect(frames.map(frame => String(frame).length)).toEqual([32 * MIB]);
    expect(allocate.mock.calls.length).toBeLessThanOrEqual(16); // 64 KiB doubled 10 times
    expect(allocated).toBeLessThanOrEqual(4 * 32 * MIB);
  });

  it('of bytes: each byte of a long line is copied in once', () => {
    const append = vi.spyOn(ByteAccumulator.prototype, 'append');
    split([...longLine(4 * MIB)]);
    const appended = append.mock.calls.reduce((sum, [bytes]) => sum + bytes.length, 0);

    expect(appended).toBe(4 * MIB + 1);
  });

  it('of bytes: chunks of whole lines are not copied', () => {
    const append = vi.spyOn(ByteAccumulator.prototype, 'append');

    expect(split([Buffer.from('one\n'), Buffer.from('two\n')])).toEqual(['one', 'two']);
    expect(append).not.toHaveBeenCalled();
  });

  it('of text: each character of a long line is searched at most once', () => {
    const searched = vi.spyOn(String.prototype, 'split');
    const frames = split([...longLine(4 * MIB), Buffer.from('a\nb\n')]);

    expect(frames).toHaveLength(3);
    expect(charactersOf(searched.mock.contexts)).toBeLessThanOrEqual(4 * MIB + 5);
  });

  it('of text: many short lines in many chunks are searched at most once each', () => {
    const wire = Buffer.from('{"id":1}\n'.repeat(10_000));
    const searched = vi.spyOn(String.prototype, 'split');
    const frames = split(cut(wire, Array<number>(99).fill(900)));

    expect(frames).toHaveLength(10_000);
    expect(charactersOf(searched.mock.contexts)).toBeLessThanOrEqual(wire.length);
  });

  function charactersOf(texts: readonly unknown[]): number {
    return texts.reduce((sum: number, text) => sum + String(text).length, 0);
  }
});
