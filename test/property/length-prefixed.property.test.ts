import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { DEFAULT_MAX_FRAME_BYTES, type Frame, type Splitter } from '../../src/streams/framing.js';
import { type LengthPrefixedOptions, lengthPrefixed } from '../../src/streams/length-prefixed.js';
import { readAll } from '../../src/testing/read-all.js';
import { watchCopies } from '../support/copies.js';
import { byteByByte, cut, sizes } from '../support/cutting.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Every combination there is. */
const COMBINATIONS = ([1, 2, 4] as const).flatMap(bytes =>
  (['big', 'little'] as const).flatMap(endian =>
    [false, true].map(includesItself => ({ bytes, endian, includesItself })),
  ),
);

afterEach(() => {
  vi.restoreAllMocks();
});

/** What a splitter gives, frames in hexadecimal and errors by their code; then the code of its end. */
function split(
  options: LengthPrefixedOptions,
  chunks: readonly Uint8Array[],
  maxFrameBytes = DEFAULT_MAX_FRAME_BYTES,
): { found: string[]; end: string | undefined } {
  const splitter = lengthPrefixed(options).splitter({ maxFrameBytes });
  // Each chunk in the same memory, as a reader that reuses its buffer gives it; looked at when all is over.
  const memory = Buffer.alloc(Math.max(0, ...chunks.map(chunk => chunk.length)));
  const items = chunks.flatMap(chunk => {
    memory.set(chunk);
    const given = splitter.push(memory.subarray(0, chunk.length));
    memory.fill(0x21);
    return given;
  });
  return { found: items.map(shown), end: splitter.end()?.code };
}

function shown(item: Frame | IpcError): string {
  return item instanceof IpcError ? item.code : Buffer.from(item).toString('hex');
}

function joined(options: LengthPrefixedOptions, frames: readonly Frame[]): Buffer {
  return Buffer.concat(frames.map(frame => Buffer.from(lengthPrefixed(options).join(frame))));
}

const options = fc.constantFrom(...COMBINATIONS);
const frame = fc.uint8Array({ maxLength: 20 });
const frames = fc.array(frame, { maxLength: 12 });

/** Bytes that are often small numbers, so that many of them are believable lengths. */
const noise = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 6 }) }, fc.nat({ max: 255 })), { maxLength: 80 })
  .map(bytes => Buffer.from(bytes));

describe('frames', () => {
  it('come back from join and split, however they are cut', () => {
    fc.assert(
      fc.property(options, frames, sizes, (given, sent, cuts) => {
        const wire = joined(given, sent);
        const expected = { found: sent.map(shown), end: undefined };

        expect(split(given, [wire])).toEqual(expected);
        expect(split(given, cut(wire, cuts))).toEqual(expected);
        expect(split(given, byteByByte(wire))).toEqual(expected);
      }),
    );
  });

  it('of text come back as their UTF-8', () => {
    fc.assert(
      fc.property(options, fc.array(fc.string({ unit: 'binary', maxLength: 20 })), (given, sent) => {
        const expected = sent.map(text => Buffer.from(text).toString('hex'));

        expect(split(given, [joined(given, sent)]).found).toEqual(expected);
      }),
    );
  });

  it.each([254, 255, 256, 65_535, 65_536, 70_000])('of %i bytes come back, or do not fit', length => {
    for (const given of COMBINATIONS) {
      const sent = Buffer.alloc(length, 'x');
      const fits = length + (given.includesItself ? given.bytes : 0) < 256 ** given.bytes;
      const join = () => lengthPrefixed(given).join(sent);
      if (!fits) expect(join).toThrow(expect.objectContaining({ code: 'ERR_ENCODE' }));
      else expect(split(given, [Buffer.from(join())]).found).toEqual([shown(sent)]);
    }
  });

  it('have a rest exactly if the last one is not whole', () => {
    fc.assert(
      fc.property(options, frames, frame, fc.nat(), sizes, (given, sent, last, drop, cuts) => {
        const tail = joined(given, [last]);
        const rest = tail.subarray(0, drop % tail.length);
        const { found, end } = split(given, cut(Buffer.concat([joined(given, sent), rest]), cuts));

        expect(found).toEqual(sent.map(shown));
        expect(end).toBe(rest.length === 0 ? undefined : 'ERR_DECODE');
      }),
    );
  });
});

describe('frames of which some are long', () => {
  /** What has come ends where a frame does. */
  const TO_ITS_END = 0;
  const lengths = fc.array(fc.constantFrom(0, 5, 9000, 16 * KIB, 20_000, 40_000, 64 * KIB, 70_000), {
    maxLength: 20,
  });
  const reads = fc.array(
    fc.record({
      toRoom: fc.boolean(),
      most: fc.constantFrom(1, 3, 4, 9000, TO_ITS_END, TO_ITS_END, Number.POSITIVE_INFINITY),
    }),
    { minLength: 1, maxLength: 12 },
  );

  it('come back however they are read, to where the splitter wants them or elsewhere', () => {
    fc.assert(
      fc.property(lengths, reads, (given, ways) => {
        const sent = given.map((length, index) => Buffer.alloc(length, index));
        const splitter = lengthPrefixed().splitter({ maxFrameBytes: DEFAULT_MAX_FRAME_BYTES });
        const found = readIn(ways, splitter, sent);

        expect(found.map(digest)).toEqual(sent.map(digest));
        expect(splitter.end()).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  /** Each read in its way: so many bytes, to the room there is or to the reader's own memory. */
  function readIn(
    ways: readonly { toRoom: boolean; most: number }[],
    splitter: Splitter,
    sent: readonly Buffer[],
  ): readonly (Frame | IpcError)[] {
    const wire = joined({}, sent);
    let written = 0;
    const ends = sent.map(frame => (written += 4 + frame.length));
    let reads = 0;
    return readAll({ push: chunk => splitter.push(chunk), room }, wire, most);

    function way(): { toRoom: boolean; most: number } {
      return ways[reads % ways.length] as (typeof ways)[number];
    }

    function room(): Uint8Array | undefined {
      return way().toRoom ? splitter.room?.() : undefined;
    }

    function most(at: number): number {
      const size = way().most;
      reads += 1;
      if (size === TO_ITS_END) return (ends.find(end => end > at) ?? wire.length) - at;
      // Small reads are for the borders of frames: a long one in bytes of one each would take for ever.
      return reads > 300 ? wire.length : size;
    }
  }

  function digest(item: Frame | IpcError): string {
    return item instanceof IpcError ? item.code : createHash('sha1').update(item).digest('hex');
  }
});

describe('arbitrary bytes', () => {
  it('never throw, and give the same items however they are cut', () => {
    fc.assert(
      fc.property(options, noise, sizes, fc.constantFrom(0, 3, 1000), (given, bytes, cuts, max) => {
        const whole = split(given, [bytes], max);

        expect(split(given, cut(bytes, cuts), max)).toEqual(whole);
        expect(split(given, byteByByte(bytes), max)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('give what a reader of the whole gives', () => {
    fc.assert(
      fc.property(options, noise, sizes, fc.constantFrom(3, 1000), (given, bytes, cuts, max) => {
        expect(split(given, cut(bytes, cuts), max)).toEqual(readWhole(given, bytes, max));
      }),
      { numRuns: 500 },
    );
  });

  /** The format said once more, for bytes that are all there. */
  function readWhole(
    { bytes: width, endian, includesItself }: (typeof COMBINATIONS)[number],
    bytes: Buffer,
    max: number,
  ): ReturnType<typeof split> {
    const found: string[] = [];
    let at = 0;
    while (at + width <= bytes.length) {
      const digits = [...bytes.subarray(at, at + width)];
      if (endian === 'little') digits.reverse();
      const told = digits.reduce((number, digit) => number * 256 + digit, 0);
      const length = includesItself ? told - width : told;
      at += width;
      if (length < 0) return { found: [...found, 'ERR_FRAMING_LOST'], end: undefined };
      if (length > max) found.push('ERR_FRAME_TOO_LARGE');
      else if (at + length > bytes.length) return { found, end: 'ERR_DECODE' };
      else found.push(bytes.toString('hex', at, at + length));
      at += length;
    }
    return { found, end: at < bytes.length ? 'ERR_DECODE' : undefined };
  }
});

describe('a small maxFrameBytes', () => {
  const MAX = 8;
  const edge = fc.oneof(fc.integer({ min: 0, max: 3 * MAX }), fc.constantFrom(MAX - 1, MAX, MAX + 1));

  it('gives one error for each frame over it and lets all others through, however they are cut', () => {
    fc.assert(
      fc.property(options, fc.array(edge), sizes, (given, lengths, cuts) => {
        const sent = lengths.map((length, index) => Buffer.alloc(length, index));
        const wire = joined(given, sent);
        const found = sent.map(one => (one.length <= MAX ? shown(one) : 'ERR_FRAME_TOO_LARGE'));

        for (const chunks of [[wire], cut(wire, cuts), byteByByte(wire)]) {
          expect(split(given, chunks, MAX)).toEqual({ found, end: undefined });
        }
      }),
    );
  });
});

describe('a length that cannot be', () => {
  it('is one error between what came before and nothing, however it is cut', () => {
    const broken = fc.constantFrom(...COMBINATIONS.filter(({ includesItself }) => includesItself));
    fc.assert(
      fc.property(broken, frames, fc.nat(), noise, sizes, (given, before, told, after, cuts) => {
        const header = Buffer.alloc(given.bytes);
        header[given.endian === 'big' ? given.bytes - 1 : 0] = told % given.bytes;
        const wire = Buffer.concat([joined(given, before), header, after]);

        for (const chunks of [[wire], cut(wire, cuts), byteByByte(wire)]) {
          expect(split(given, chunks)).toEqual({
            found: [...before.map(shown), 'ERR_FRAMING_LOST'],
            end: undefined,
          });
        }
      }),
    );
  });
});

describe('work', () => {
  const chunk = Buffer.alloc(64 * KIB, 'x');

  function pushLong(bytes: number): readonly (Frame | IpcError)[] {
    const splitter = lengthPrefixed().splitter({ maxFrameBytes: DEFAULT_MAX_FRAME_BYTES });
    const header = Buffer.alloc(4);
    header.writeUInt32BE(bytes);
    const found = [...splitter.push(header)];
    for (let sent = 0; sent < bytes; sent += chunk.length) found.push(...splitter.push(chunk));
    return found;
  }

  it('of memory: a frame of 32 MiB in small chunks allocates a few times, and four times its length', () => {
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const found = pushLong(32 * MIB);
    const allocated = allocate.mock.calls.reduce((sum, [size]) => sum + size, 0);

    expect(found.map(one => (one as Buffer).length)).toEqual([32 * MIB]);
    expect(allocate.mock.calls.length).toBeLessThanOrEqual(16); // 64 KiB doubled 9 times
    expect(allocated).toBeLessThanOrEqual(4 * 32 * MIB);
  });

  it('of memory: a header that promises much reserves nothing', () => {
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const splitter = lengthPrefixed().splitter({ maxFrameBytes: DEFAULT_MAX_FRAME_BYTES });
    splitter.push(Buffer.of(0x0f, 0xff, 0xff, 0xff, 1));

    expect(allocate.mock.calls).toEqual([[64 * KIB]]);
  });

  it('of bytes: a long frame is copied in once, again for each time its memory grew by four, and not out', () => {
    const copied = watchCopies();
    const from = vi.spyOn(Buffer, 'from');
    pushLong(4 * MIB);

    expect(copied()).toBeGreaterThanOrEqual(4 * MIB);
    expect(copied()).toBeLessThanOrEqual(6 * MIB);
    expect(from).not.toHaveBeenCalled();
  });

  it('of bytes: many short frames in many chunks are copied once each', () => {
    const wire = joined({}, Array<string>(10_000).fill('12345'));
    const copies = watchCopies();
    const from = vi.spyOn(Buffer, 'from');
    const splitter = lengthPrefixed().splitter({ maxFrameBytes: 100 });
    const found = cut(wire, Array<number>(89).fill(1000)).flatMap(part => splitter.push(part));
    const sources = from.mock.calls.map(([source]) => (source as unknown as Buffer).length);
    const copied = sources.reduce((sum, length) => sum + length, copies());

    expect(found).toHaveLength(10_000);
    expect(copied).toBeLessThanOrEqual(wire.length);
  });
});
