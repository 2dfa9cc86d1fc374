import { afterEach, describe, expect, it, vi } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { DEFAULT_MAX_FRAME_BYTES, type Frame, type Splitter } from '../../src/streams/framing.js';
import { lines } from '../../src/streams/lines.js';
import { thrownBy } from '../support/errors.js';
import { alive, collectGarbage, collectYoungGarbage, oldBytes } from '../support/garbage.js';

afterEach(() => {
  vi.restoreAllMocks();
});

function splitter(maxFrameBytes = DEFAULT_MAX_FRAME_BYTES): Splitter {
  return lines().splitter({ maxFrameBytes });
}

/** Frames as they are, errors by their code. */
function pushed(to: Splitter, chunk: string | Uint8Array): readonly Frame[] {
  const items = to.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return items.map(item => (item instanceof IpcError ? item.code : item));
}

describe('lines', () => {
  it('is a text framing of line feeds', () => {
    expect(lines()).toMatchObject({ name: 'lines', kind: 'text', delimiter: '\n' });
  });

  describe('splitting', () => {
    it('finds every line of a chunk', () => {
      expect(pushed(splitter(), 'one\ntwo\nthree\n')).toEqual(['one', 'two', 'three']);
    });

    it('gives nothing for a chunk that completes no line', () => {
      expect(pushed(splitter(), 'one')).toEqual([]);
    });

    it('gives nothing for an empty chunk', () => {
      const split = splitter();

      expect(pushed(split, '')).toEqual([]);
      expect(split.end()).toBeUndefined();
    });

    it('keeps nothing of a block that it has split', async () => {
      const split = splitter();
      const refs = [new WeakRef(split.push(Buffer.from('one\ntwo\n')))];

      await collectGarbage();

      expect(alive(refs)).toBe(0);
      expect(pushed(split, 'three\n')).toEqual(['three']);
    });

    it('lets blocks die young that come now and then', () => {
      const split = splitter();
      const block = Buffer.from(`${'x'.repeat(32 * 1024)}\n`.repeat(2));
      const grownOldIn = (rounds: number) => {
        let grown = 0;
        for (let round = 0; round < rounds; round += 1) {
          const before = oldBytes();
          pushed(split, block);
          collectYoungGarbage();
          collectYoungGarbage();
          // Round by round: a full collection by Node itself takes away what the rounds before it left.
          grown += Math.max(0, oldBytes() - before);
        }
        return grown;
      };
      grownOldIn(5); // what grows old once

      const grown = grownOldIn(50);

      expect(grown).toBeLessThan(10 * block.length);
    });

    it('puts a line together from several chunks', () => {
      const split = splitter();

      expect(pushed(split, 'o')).toEqual([]);
      expect(pushed(split, 'n')).toEqual([]);
      expect(pushed(split, 'e\ntw')).toEqual(['one']);
      expect(pushed(split, 'o\n')).toEqual(['two']);
    });

    it('ends a line whose line feed comes alone', () => {
      const split = splitter();
      pushed(split, 'one');

      expect(pushed(split, '\n')).toEqual(['one']);
    });

    it('puts together a character that was cut in two', () => {
      const split = splitter();
      const bytes = Buffer.from('a😀b\n');

      expect(pushed(split, bytes.subarray(0, 3))).toEqual([]);
      expect(pushed(split, bytes.subarray(3))).toEqual(['a😀b']);
    });

    it('keeps empty lines', () => {
      expect(pushed(splitter(), '\n\na\n\n')).toEqual(['', '', 'a', '']);
    });

    it('leaves carriage returns in the line', () => {
      expect(pushed(splitter(), 'one\r\n\r\nt\rwo\n')).toEqual(['one\r', '\r', 't\rwo']);
    });

    it('takes no other character for the end of a line', () => {
      expect(pushed(splitter(), 'a\u2028b\u2029c\u0085d\fe\vf\n')).toEqual(['a\u2028b\u2029c\u0085d\fe\vf']);
    });

    it('goes on after the line "null"', () => {
      const split = splitter();

      expect(pushed(split, 'null\n')).toEqual(['null']);
      expect(pushed(split, '1\n')).toEqual(['1']);
    });

    it('leaves a byte order mark and a NUL where they are', () => {
      expect(pushed(splitter(), '\uFEFFa\0b\n')).toEqual(['\uFEFFa\0b']);
    });

    it('does not keep the chunk', () => {
      const split = splitter();
      const chunk = Buffer.from('one\ntw');
      const frames = split.push(chunk);
      chunk.fill('x');

      expect(frames).toEqual(['one']);
      expect(pushed(split, 'o\n')).toEqual(['two']);
    });

    it('leaves frames it has given alone', () => {
      const split = splitter();
      const first = split.push(Buffer.from('one\n'));
      split.push(Buffer.from('two\n'));

      expect(first).toEqual(['one']);
    });

    it('reads only the part that a view of plain bytes shows', () => {
      const memory = new Uint8Array(Buffer.from('x\none\ny\n'));

      expect(pushed(splitter(), memory.subarray(2, 6))).toEqual(['one']);
    });

    it('has a state of its own for each splitter', () => {
      const framing = lines();
      const left = framing.splitter({ maxFrameBytes: 100 });
      const right = framing.splitter({ maxFrameBytes: 100 });
      pushed(left, 'left ');
      pushed(right, 'right ');

      expect(pushed(left, 'one\n')).toEqual(['left one']);
      expect(pushed(right, 'two\n')).toEqual(['right two']);
    });
  });

  describe('a line that is not UTF-8', () => {
    it.each([
      ['a byte that UTF-8 never has', [0xff]],
      ['a character that breaks off', [0xe2, 0x82]],
      ['a lone surrogate', [0xed, 0xa0, 0x80]],
      ['an overlong spelling', [0xc0, 0xaf]],
    ])('is an ERR_DECODE in its place: %s', (_what, bad) => {
      const chunk = Buffer.concat([Buffer.from('é\n'), Buffer.from(bad), Buffer.from('\nafter\n')]);

      expect(pushed(splitter(), chunk)).toEqual(['é', 'ERR_DECODE', 'after']);
    });

    it('is noticed when the break is in an earlier chunk', () => {
      const split = splitter();
      pushed(split, Buffer.of(0xff));

      expect(pushed(split, 'rest\nafter\n')).toEqual(['ERR_DECODE', 'after']);
    });

    it('does not hurt the lines of the next chunk', () => {
      const split = splitter();
      pushed(split, Buffer.of(0xe2, 0x82, 0x0a));

      expect(pushed(split, 'after\n')).toEqual(['after']);
    });

    it('does not join empty lines beside it', () => {
      expect(pushed(splitter(), Buffer.of(0x0a, 0xff, 0x0a, 0x0a))).toEqual(['', 'ERR_DECODE', '']);
    });

    it('is told with its length', () => {
      const [error] = splitter().push(Buffer.of(0xff, 0xff, 0xff, 0x0a));

      expect(error).toHaveProperty('message', expect.stringContaining('3 bytes'));
    });
  });

  describe('maxFrameBytes', () => {
    it('lets a line of exactly the limit through', () => {
      expect(pushed(splitter(4), 'four\n')).toEqual(['four']);
    });

    it('lets a line of exactly the limit through when its line feed comes later', () => {
      const split = splitter(4);

      expect(pushed(split, 'four')).toEqual([]);
      expect(pushed(split, '\n')).toEqual(['four']);
    });

    it('refuses a line of one byte more, within one chunk', () => {
      expect(pushed(splitter(4), 'a\nfives\nb\n')).toEqual(['a', 'ERR_FRAME_TOO_LARGE', 'b']);
    });

    it('refuses a line that only two chunks together make too long', () => {
      const split = splitter(4);
      pushed(split, 'fiv');

      expect(pushed(split, 'es\nb\n')).toEqual(['ERR_FRAME_TOO_LARGE', 'b']);
    });

    it('counts bytes, not characters', () => {
      expect(pushed(splitter(4), 'éé\nééé\n')).toEqual(['éé', 'ERR_FRAME_TOO_LARGE']);
    });

    it('bounds each line, not the chunk', () => {
      expect(pushed(splitter(4), 'four\nfour\nfour\n')).toEqual(['four', 'four', 'four']);
    });

    it('reports an unfinished line as soon as it is too long, and once', () => {
      const split = splitter(4);

      expect(pushed(split, 'fives')).toEqual(['ERR_FRAME_TOO_LARGE']);
      expect(pushed(split, 'and more than that')).toEqual([]);
      expect(pushed(split, 'and\n')).toEqual([]);
    });

    it('reports it behind the lines that were complete before it', () => {
      expect(pushed(splitter(4), 'a\nb\nfives')).toEqual(['a', 'b', 'ERR_FRAME_TOO_LARGE']);
    });

    it('finds the lines behind it in the chunk that ends it', () => {
      const split = splitter(4);
      pushed(split, 'fives');

      expect(pushed(split, 'more\na\nb\nc')).toEqual(['a', 'b']);
      expect(pushed(split, '\n')).toEqual(['c']);
    });

    it('drops what it had of the line', () => {
      const split = splitter(4);
      pushed(split, 'abc');
      pushed(split, 'def');

      expect(pushed(split, '\nnext\n')).toEqual(['next']);
    });

    it('refuses the next line too when that is too long as well', () => {
      const split = splitter(4);
      pushed(split, 'fives');

      expect(pushed(split, '\nagain')).toEqual(['ERR_FRAME_TOO_LARGE']);
    });

    it('keeps nothing of a line it has given up', () => {
      const split = splitter(4);
      pushed(split, 'fives');
      const grow = vi.spyOn(Buffer, 'allocUnsafeSlow');
      for (let chunk = 0; chunk < 100; chunk += 1) split.push(Buffer.alloc(8192, 'x'));

      expect(grow).not.toHaveBeenCalled();
    });

    it('keeps nothing of one chunk that is too long by itself', () => {
      const grow = vi.spyOn(Buffer, 'allocUnsafeSlow');
      splitter(4).push(Buffer.alloc(8192, 'x'));

      expect(grow).not.toHaveBeenCalled();
    });

    it('comes before the check for UTF-8', () => {
      expect(pushed(splitter(4), Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0x0a))).toEqual([
        'ERR_FRAME_TOO_LARGE',
      ]);
    });

    it('is named in the error', () => {
      const [error] = splitter(4).push(Buffer.from('fives\n'));

      expect(error).toHaveProperty('message', expect.stringContaining('4 bytes'));
    });
  });

  describe('end', () => {
    it('is silent after a whole line', () => {
      const split = splitter();
      pushed(split, 'one\n');

      expect(split.end()).toBeUndefined();
    });

    it('is an ERR_DECODE inside a line, with the length of the part', () => {
      const split = splitter();
      pushed(split, 'one\ntw');

      expect(split.end()).toMatchObject({ code: 'ERR_DECODE', message: expect.stringContaining('2 bytes') });
    });

    it('drops the part that it reported', () => {
      const split = splitter();
      pushed(split, 'tw');
      split.end();

      expect(split.end()).toBeUndefined();
      expect(pushed(split, 'o\n')).toEqual(['o']);
    });

    it('does not report a line twice that was already too long', () => {
      const split = splitter(4);
      pushed(split, 'fives');

      expect(split.end()).toBeUndefined();
    });
  });

  describe('join', () => {
    it('puts a line feed behind the frame', () => {
      expect(lines().join('one')).toBe('one\n');
      expect(lines().join('')).toBe('\n');
    });

    it('reads bytes as UTF-8', () => {
      expect(lines().join(new Uint8Array(Buffer.from('..é..')).subarray(2, 4))).toBe('é\n');
    });

    it('takes a carriage return', () => {
      expect(lines().join('one\r')).toBe('one\r\n');
    });

    it.each([
      ['text', 'one\ntwo'],
      ['text that ends in one', 'one\n'],
      ['bytes', Buffer.from('one\ntwo')],
    ])('refuses a line feed in the frame: %s', (_what, frame) => {
      expect(thrownBy(() => lines().join(frame))).toMatchObject({ name: 'IpcError', code: 'ERR_ENCODE' });
    });
  });
});
