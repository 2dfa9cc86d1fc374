import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { ByteAccumulator } from '../../src/streams/byte-accumulator.js';
import { contentLength } from '../../src/streams/content-length.js';
import { DEFAULT_MAX_FRAME_BYTES } from '../../src/streams/framing.js';
import { byteByByte, cut, sizes } from '../support/cutting.js';

const MIB = 1024 * 1024;

afterEach(() => {
  vi.restoreAllMocks();
});

/** What a splitter gives, errors by their code; then the code of its end. */
function split(
  chunks: readonly Uint8Array[],
  maxFrameBytes = DEFAULT_MAX_FRAME_BYTES,
): { found: unknown[]; end: string | undefined } {
  const splitter = contentLength().splitter({ maxFrameBytes });
  const items = chunks.flatMap(chunk => splitter.push(chunk));
  const found = items.map(item => (item instanceof IpcError ? { code: item.code } : item));
  return { found, end: splitter.end()?.code };
}

const text = fc.string({ unit: 'binary', maxLength: 20 });
const other = fc.constantFrom<string[]>('Content-Type: text/plain', 'X:', 'x-long: a b: c', 'Date: now');
const name = fc.constantFrom('Content-Length', 'content-length', 'CONTENT-LENGTH', 'cOnTeNt-LeNgTh');
const space = fc.constantFrom('', ' ', ' \t ');

/** A body, and how somebody else writes it. */
const written = fc
  .tuple(text, fc.array(other, { maxLength: 3 }), name, space, fc.nat())
  .map(([body, others, spelled, gap, at]) => {
    const headers = others.toSpliced(
      at % (others.length + 1),
      0,
      `${spelled}:${gap}${Buffer.byteLength(body)}`,
    );
    return { body, bytes: `${headers.map(header => `${header}\r\n`).join('')}\r\n${body}` };
  });

/** What looks like frames for a while. */
const noise = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\r',
        '\n',
        '\r\n\r\n',
        'Content-Length: ',
        'Content-Length: 3\r\n\r\n',
        ':',
        '2',
        ' ',
      ),
      text,
    ),
    { maxLength: 20 },
  )
  .map(parts => Buffer.from(parts.join('')));

describe('frames', () => {
  it('come back from join and split, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(text), sizes, (sent, cuts) => {
        const wire = Buffer.from(sent.map(body => contentLength().join(body)).join(''));

        for (const chunks of [[wire], cut(wire, cuts), byteByByte(wire)]) {
          expect(split(chunks)).toEqual({ found: sent, end: undefined });
        }
      }),
    );
  });

  it('arrive whatever the order and case of the headers and whatever stands beside them', () => {
    fc.assert(
      fc.property(fc.array(written), sizes, (sent, cuts) => {
        const wire = Buffer.from(sent.map(({ bytes }) => bytes).join(''));

        for (const chunks of [[wire], cut(wire, cuts), byteByByte(wire)]) {
          expect(split(chunks)).toEqual({ found: sent.map(({ body }) => body), end: undefined });
        }
      }),
    );
  });

  it('have a rest exactly if the last one is not whole', () => {
    fc.assert(
      fc.property(fc.array(written), written, fc.nat(), sizes, (sent, last, drop, cuts) => {
        const tail = Buffer.from(last.bytes);
        const rest = tail.subarray(0, drop % tail.length);
        const wire = Buffer.concat([...sent.map(({ bytes }) => Buffer.from(bytes)), rest]);

        expect(split(cut(wire, cuts))).toEqual({
          found: sent.map(({ body }) => body),
          end: rest.length === 0 ? undefined : 'ERR_DECODE',
        });
      }),
    );
  });

  it('over the limit are one error each, and all others arrive', () => {
    const MAX = 8;
    fc.assert(
      fc.property(fc.array(text), sizes, (sent, cuts) => {
        const wire = Buffer.from(sent.map(body => contentLength().join(body)).join(''));
        const found = sent.map(body =>
          Buffer.byteLength(body) <= MAX ? body : { code: 'ERR_FRAME_TOO_LARGE' },
        );

        for (const chunks of [[wire], cut(wire, cuts), byteByByte(wire)]) {
          expect(split(chunks, MAX)).toEqual({ found, end: undefined });
        }
      }),
    );
  });
});

describe('arbitrary bytes', () => {
  it('never throw, and give the same items however they are cut', () => {
    fc.assert(
      fc.property(noise, sizes, fc.constantFrom(0, 3, 1000), (bytes, cuts, max) => {
        const whole = split([bytes], max);

        expect(split(cut(bytes, cuts), max)).toEqual(whole);
        expect(split(byteByByte(bytes), max)).toEqual(whole);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('work', () => {
  it('of memory: a frame of 32 MiB in small chunks allocates a few times; each byte is copied in once', () => {
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const append = vi.spyOn(ByteAccumulator.prototype, 'append');
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const chunks = Array<Buffer>((32 * MIB) / chunk.length).fill(chunk);
    const { found } = split([Buffer.from(`Content-Length: ${32 * MIB}\r\n\r\n`), ...chunks]);

    expect(found.map(frame => String(frame).length)).toEqual([32 * MIB]);
    expect(allocate.mock.calls.length).toBeLessThanOrEqual(16); // 64 KiB doubled 9 times
    expect(append.mock.calls.reduce((sum, [bytes]) => sum + bytes.length, 0)).toBe(32 * MIB);
  });

  it('of bytes: frames that lie whole in a chunk are not copied first', () => {
    const append = vi.spyOn(ByteAccumulator.prototype, 'append');

    expect(split([Buffer.from(String(contentLength().join('one')).repeat(1000))]).found).toHaveLength(1000);
    expect(append).not.toHaveBeenCalled();
  });

  it('of memory: a header that promises much reserves nothing', () => {
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
    split([Buffer.from('Content-Length: 200000000\r\n\r\nx')]);

    expect(allocate.mock.calls).toEqual([[4096]]);
  });
});
