import { afterEach, describe, expect, it, vi } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { DEFAULT_MAX_FRAME_BYTES, type Frame, type Splitter } from '../../src/streams/framing.js';
import { type LengthPrefixedOptions, lengthPrefixed } from '../../src/streams/length-prefixed.js';
import { watchCopies } from '../support/copies.js';
import { thrownBy } from '../support/errors.js';

afterEach(() => {
  vi.restoreAllMocks();
});

function splitter(maxFrameBytes = DEFAULT_MAX_FRAME_BYTES, options: LengthPrefixedOptions = {}): Splitter {
  return lengthPrefixed(options).splitter({ maxFrameBytes });
}

/** On the wire, with the default header. */
function wire(...payloads: readonly string[]): Buffer {
  return Buffer.concat(
    payloads.map(payload => Buffer.concat([lengthOf(Buffer.byteLength(payload)), Buffer.from(payload)])),
  );
}

function lengthOf(length: number): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(length);
  return header;
}

/** Frames as text, errors by their code. */
function pushed(to: Splitter, chunk: Uint8Array): string[] {
  return to.push(chunk).map(item => (item instanceof IpcError ? item.code : textOf(item)));
}

function textOf(frame: Frame): string {
  expect(frame).toBeInstanceOf(Uint8Array);
  return Buffer.from(frame).toString();
}

function hex(frame: Frame): string {
  return Buffer.from(frame).toString('hex');
}

describe('lengthPrefixed', () => {
  it('is a binary framing without a delimiter', () => {
    expect(lengthPrefixed()).toMatchObject({ name: 'length-prefixed', kind: 'binary' });
    expect(lengthPrefixed()).not.toHaveProperty('delimiter');
  });

  it.each([
    ['bytes', { bytes: 3 }],
    ['bytes', { bytes: 8 }],
    ['bytes', { bytes: '4' }],
    ['endian', { endian: 'BE' }],
  ])('refuses other %s: %j', (name, options) => {
    expect(thrownBy(() => lengthPrefixed(options as LengthPrefixedOptions))).toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringContaining(name),
    });
  });

  describe('splitting', () => {
    it('finds every frame of a chunk', () => {
      expect(pushed(splitter(), wire('one', 'two', 'three'))).toEqual(['one', 'two', 'three']);
    });

    it('gives nothing for an empty chunk', () => {
      const split = splitter();

      expect(pushed(split, Buffer.alloc(0))).toEqual([]);
      expect(split.end()).toBeUndefined();
    });

    it('puts a frame together that came byte by byte', () => {
      const split = splitter();
      const all = [...wire('one', '', 'two')].flatMap(byte => pushed(split, Buffer.of(byte)));

      expect(all).toEqual(['one', '', 'two']);
    });

    it('gives an empty frame as soon as its header is whole', () => {
      const split = splitter();

      expect(pushed(split, wire('').subarray(0, 3))).toEqual([]);
      expect(pushed(split, wire('').subarray(3))).toEqual(['']);
      expect(pushed(split, wire('', ''))).toEqual(['', '']);
    });

    it('goes on with whole frames behind one that was cut, and cuts the next', () => {
      const split = splitter();
      const bytes = wire('one', 'two', 'three', 'four');

      expect(pushed(split, bytes.subarray(0, 5))).toEqual([]);
      expect(pushed(split, bytes.subarray(5, 20))).toEqual(['one', 'two']);
      expect(pushed(split, bytes.subarray(20))).toEqual(['three', 'four']);
    });

    it('takes any bytes for a payload, its own headers included', () => {
      const payload = wire('\0\n', 'ÿ').toString('latin1');

      expect(pushed(splitter(), wire(payload))).toEqual([payload]);
    });

    it('reads only the part that a view of plain bytes shows', () => {
      const memory = new Uint8Array(Buffer.concat([Buffer.of(9, 9), wire('one'), Buffer.of(9)]));

      expect(pushed(splitter(), memory.subarray(2, 9))).toEqual(['one']);
    });

    it('has a state of its own for each splitter', () => {
      const framing = lengthPrefixed();
      const left = framing.splitter({ maxFrameBytes: 100 });
      const right = framing.splitter({ maxFrameBytes: 100 });
      pushed(left, wire('left').subarray(0, 2));
      pushed(right, wire('right').subarray(0, 6));

      expect(pushed(left, wire('left').subarray(2))).toEqual(['left']);
      expect(pushed(right, wire('right').subarray(6))).toEqual(['right']);
    });
  });

  describe('a frame that is kept', () => {
    it.each([
      ['lay whole in its chunk', 'one', [7]],
      ['was cut in its header', 'one', [2, 5]],
      ['was cut between header and payload', 'one', [4, 3]],
      ['was cut in its payload', 'one', [5, 2]],
      ['was cut in its payload and is long', 'x'.repeat(10_000), [5000, 5004]],
    ])('stays as it was when the chunk is used again: it %s', (_how, payload, sizes) => {
      const split = splitter();
      const chunk = Buffer.alloc(16_384);
      const bytes = wire(payload);
      let at = 0;
      const kept = sizes.flatMap(size => {
        bytes.copy(chunk, 0, at, at + size);
        at += size;
        return split.push(chunk.subarray(0, size));
      });
      chunk.fill('!');

      expect(kept.map(frame => (frame instanceof IpcError ? frame.code : textOf(frame)))).toEqual([payload]);
    });

    it.each([3, 5000, 2 * 1024 * 1024])('stays as it was when the next come in: %i bytes', length => {
      const split = splitter();
      const frames = ['a', 'b', 'c'].map(letter => letter.repeat(length));
      const bytes = wire(...frames);
      const first = length + 3;
      const second = 2 * first;
      const chunks = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
      const kept = chunks.flatMap(chunk => split.push(chunk));

      expect(kept).toHaveLength(3);
      expect(kept.every((frame, index) => String(frame) === frames[index])).toBe(true);
    });

    it('keeps little more memory than it needs', () => {
      const split = splitter();
      const frames = [...wire('ab'.repeat(10))].flatMap(byte => split.push(Buffer.of(byte)));
      const long = [0, 1].flatMap(half => {
        const bytes = wire('x'.repeat(100_000));
        return split.push(half === 0 ? bytes.subarray(0, 70_000) : bytes.subarray(70_000));
      });

      // Small buffers share Node's pool; what is more than that would be the accumulator's.
      const [short] = frames as Buffer[];
      const [first] = long as Buffer[];
      expect(short?.buffer === Buffer.from('x').buffer).toBe(true);
      expect(first?.buffer.byteLength).toBeLessThanOrEqual(200_000);
    });
  });

  describe('work', () => {
    it('copies frames that lie whole in a chunk once, all together', () => {
      const from = vi.spyOn(Buffer, 'from');
      const bytes = wire('one', 'two', 'three');
      from.mockClear();
      const frames = splitter().push(bytes);

      expect(frames).toHaveLength(3);
      expect(from).toHaveBeenCalledTimes(1);
    });

    it('copies a payload once that comes whole behind its header', () => {
      const split = splitter();
      const bytes = wire('one');
      const from = vi.spyOn(Buffer, 'from');
      const copied = watchCopies();

      expect(pushed(split, bytes.subarray(0, 4))).toEqual([]);
      expect(split.push(bytes.subarray(4))).toHaveLength(1);
      expect([from.mock.calls.length, copied()]).toEqual([1, 0]);
    });

    it('copies nothing of long frames that come one by one to where it wants them', () => {
      const split = splitter();
      const bytes = wire('x'.repeat(20_000));
      split.push(bytes.subarray(0, 4));
      const copied = watchCopies();
      const from = vi.spyOn(Buffer, 'from');
      const frames = [bytes.subarray(4), bytes, bytes].flatMap(part => {
        const room = split.room?.() as Buffer;
        part.copy(room);
        return split.push(room.subarray(0, part.length));
      });

      expect(frames.map(frame => Buffer.compare(frame as Buffer, bytes.subarray(4)))).toEqual([0, 0, 0]);
      expect([from.mock.calls.length, copied()]).toEqual([0, 0]);
    });

    it('copies the rest of a chunk into the unfinished frame only', () => {
      const from = vi.spyOn(Buffer, 'from');
      const bytes = Buffer.concat([wire('one'), lengthOf(1000), Buffer.alloc(500)]);
      from.mockClear();
      splitter().push(bytes);

      expect(from.mock.calls.map(([copied]) => (copied as unknown as Buffer).length)).toEqual([7]);
    });
  });

  describe('maxFrameBytes', () => {
    it('lets a frame of exactly the limit through, its header not counted', () => {
      expect(pushed(splitter(4), wire('four', ''))).toEqual(['four', '']);
      expect(pushed(splitter(4, { includesItself: true }), Buffer.from('\0\0\0\x08four'))).toEqual(['four']);
    });

    it('refuses a frame of one byte more, and finds the ones beside it', () => {
      expect(pushed(splitter(4), wire('a', 'fives', 'b', 'sixths', 'seventh', 'c'))).toEqual([
        'a',
        'ERR_FRAME_TOO_LARGE',
        'b',
        'ERR_FRAME_TOO_LARGE',
        'ERR_FRAME_TOO_LARGE',
        'c',
      ]);
    });

    it('refuses it as soon as its header is whole, once', () => {
      const split = splitter(4);
      const bytes = wire('fives', 'b');

      expect(pushed(split, bytes.subarray(0, 3))).toEqual([]);
      expect(pushed(split, bytes.subarray(3, 4))).toEqual(['ERR_FRAME_TOO_LARGE']);
      expect(pushed(split, bytes.subarray(4, 8))).toEqual([]);
      expect(pushed(split, bytes.subarray(8))).toEqual(['b']);
    });

    it('keeps nothing of it', () => {
      const split = splitter(4);
      split.push(lengthOf(100 * 8192));
      const copied = watchCopies();
      const chunk = Buffer.alloc(8192);
      const from = vi.spyOn(Buffer, 'from');
      const found = Array.from({ length: 100 }, () => split.push(chunk)).flat();

      expect(found).toEqual([]);
      expect([from.mock.calls.length, copied(), split.room?.()]).toEqual([0, 0, undefined]);
      expect(pushed(split, wire('b'))).toEqual(['b']);
    });

    it('reads lengths as unsigned', () => {
      const split = splitter();

      expect(pushed(split, lengthOf(0xffff_ffff))).toEqual(['ERR_FRAME_TOO_LARGE']);
      expect(pushed(split, Buffer.alloc(100))).toEqual([]);
    });

    it('is named in the error with the length', () => {
      const [error] = splitter(4).push(wire('fives'));

      expect(error).toMatchObject({ message: expect.stringMatching(/5 bytes.*4 bytes/) });
    });
  });

  describe('a length that cannot be', () => {
    const own = { includesItself: true } as const;

    it.each([0, 1, 3])('is one ERR_FRAMING_LOST, and everything behind it is ignored: %i', length => {
      const split = splitter(100, own);
      const chunk = Buffer.concat([Buffer.from('\0\0\0\x05a'), lengthOf(length), Buffer.from('\0\0\0\x05b')]);

      expect(pushed(split, chunk)).toEqual(['a', 'ERR_FRAMING_LOST']);
      expect(pushed(split, Buffer.from('\0\0\0\x05c'))).toEqual([]);
      expect(pushed(split, lengthOf(0))).toEqual([]);
      expect(split.end()).toBeUndefined();
    });

    it('is noticed when its header was cut', () => {
      const split = splitter(100, own);
      pushed(split, lengthOf(3).subarray(0, 2));

      expect(pushed(split, lengthOf(3).subarray(2))).toEqual(['ERR_FRAMING_LOST']);
    });

    it('is told, with the cure', () => {
      expect(splitter(100, own).push(lengthOf(3))).toMatchObject([
        { message: expect.stringMatching(/a length of 3,.*4 bytes.*both ends/) },
      ]);
    });

    it('is only one below the header: the header alone is an empty frame', () => {
      expect(pushed(splitter(100, own), lengthOf(4))).toEqual(['']);
    });
  });

  describe('end', () => {
    it('is silent after a whole frame', () => {
      const split = splitter();
      pushed(split, wire('one'));

      expect(split.end()).toBeUndefined();
    });

    it.each([1, 3, 4, 6])('is an ERR_DECODE inside a frame: after %i bytes', bytes => {
      const split = splitter();
      pushed(split, wire('one').subarray(0, bytes));

      expect(split.end()).toMatchObject({
        code: 'ERR_DECODE',
        message: expect.stringContaining(` ${bytes} bytes into`),
      });
    });

    it('drops the part that it reported', () => {
      const split = splitter();
      for (const bytes of [2, 6]) {
        pushed(split, wire('one').subarray(0, bytes));
        split.end();

        expect(split.end()).toBeUndefined();
        expect(pushed(split, wire('two'))).toEqual(['two']);
      }
    });

    it('does not report a frame twice that was already too long', () => {
      const split = splitter(4);
      pushed(split, wire('fives').subarray(0, 6));

      expect(split.end()).toBeUndefined();
      expect(pushed(split, wire('two'))).toEqual(['two']);
    });
  });

  describe('join', () => {
    it.each([
      [{}, '000000026869'],
      [{ bytes: 1 }, '026869'],
      [{ bytes: 2 }, '00026869'],
      [{ bytes: 2, endian: 'little' }, '02006869'],
      [{ endian: 'little' }, '020000006869'],
      [{ includesItself: true }, '000000066869'],
      [{ bytes: 1, includesItself: true }, '036869'],
      [{ bytes: 2, endian: 'little', includesItself: true }, '04006869'],
    ] as const)('puts the length before the frame: %j', (options, expected) => {
      expect(hex(lengthPrefixed(options).join(Buffer.from('hi')))).toBe(expected);
      expect(hex(lengthPrefixed(options).join('hi'))).toBe(expected);
    });

    it('takes an empty frame', () => {
      expect(hex(lengthPrefixed().join(''))).toBe('00000000');
      expect(hex(lengthPrefixed({ includesItself: true }).join(Buffer.alloc(0)))).toBe('00000004');
    });

    it('writes text as UTF-8, its length in bytes', () => {
      expect(hex(lengthPrefixed({ bytes: 1 }).join('é😀'))).toBe('06c3a9f09f9880');
    });

    it('takes only the part that a view of plain bytes shows', () => {
      const view = new Uint8Array(Buffer.from('..hi..')).subarray(2, 4);

      expect(hex(lengthPrefixed({ bytes: 1 }).join(view))).toBe('026869');
    });

    it.each([
      [{ bytes: 1 }, 255],
      [{ bytes: 1, includesItself: true }, 254],
      [{ bytes: 2 }, 65_535],
      [{ bytes: 2, endian: 'little', includesItself: true }, 65_533],
    ] as const)('refuses a frame too long for the header: %j', (options, longest) => {
      const framing = lengthPrefixed(options);
      const joined = framing.join(Buffer.alloc(longest)) as Buffer;

      expect(framing.splitter({ maxFrameBytes: longest }).push(joined)).toEqual([Buffer.alloc(longest)]);
      expect(thrownBy(() => framing.join('x'.repeat(longest + 1)))).toMatchObject({
        name: 'IpcError',
        code: 'ERR_ENCODE',
        message: expect.stringMatching(new RegExp(`${longest + 1} bytes.*count ${longest}\\.`)),
      });
    });
  });
});
