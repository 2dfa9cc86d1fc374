import { describe, expect, it } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { contentLength } from '../../src/streams/content-length.js';
import type { Splitter } from '../../src/streams/framing.js';
import { code, thrownBy } from '../support/errors.js';

function splitter(maxFrameBytes = 1024): Splitter {
  return contentLength().splitter({ maxFrameBytes });
}

/** Frames as they are, errors by their code. */
function pushed(to: Splitter, chunk: string | Uint8Array): unknown[] {
  return to.push(Buffer.from(chunk)).map(item => (item instanceof IpcError ? item.code : item));
}

/** A message of another program, with these headers. */
function wire(headers: readonly string[], body: string): string {
  return `${headers.map(header => `${header}\r\n`).join('')}\r\n${body}`;
}

describe('contentLength', () => {
  it('is a text framing without a delimiter', () => {
    expect(contentLength()).toMatchObject({ name: 'content-length', kind: 'text' });
    expect(contentLength()).not.toHaveProperty('delimiter');
  });

  describe('headers', () => {
    it.each([
      [['Content-Length: 2']],
      [['content-length: 2']],
      [['CONTENT-LENGTH:2']],
      [['Content-Length:   2\t']],
      [['Content-Length: 02']],
      [['Content-Type: application/vscode-jsonrpc; charset=utf-8', 'Content-Length: 2']],
      [['Content-Length: 2', 'Content-Type: application/vscode-jsonrpc; charset=utf-8']],
      [['X-Empty:', 'Content-Length: 2', 'X-Again: Content-Length: 3']],
      [['Content-Length: 2', 'Content-Length: 2']],
    ])('%j are read', headers => {
      expect(pushed(splitter(), wire(headers, '{}') + wire(headers, '[]'))).toEqual(['{}', '[]']);
    });

    it('takes a header full of spaces in no time, be there a line break of another kind or none', () => {
      const spaces = `X:${' '.repeat(7000)}`;
      expect(pushed(splitter(), wire([`${spaces}x`, 'Content-Length: 2'], '{}'))).toEqual(['{}']);
      expect(pushed(splitter(), wire([`${spaces}\rx`, 'Content-Length: 2'], '{}'))).toEqual([
        'ERR_FRAMING_LOST',
      ]);
    });

    it.each([
      ['a log line in front', `listening on 4000\n${wire(['Content-Length: 2'], '{}')}`],
      ['no length', wire(['Content-Type: text/plain'], '{}')],
      ['no header at all', '\r\n\r\n{}'],
      ['a negative length', wire(['Content-Length: -2'], '{}')],
      ['a length behind a space of another kind', wire(['Content-Length:\v2'], '{}')],
      ['a length of two words', wire(['Content-Length: 2 2'], '{}')],
      ['a length in another base', wire(['Content-Length: 0x2'], '{}')],
      ['a length that is no whole number', wire(['Content-Length: 2.0'], '{}')],
      ['an empty length', wire(['Content-Length:'], '{}')],
      ['a length of 16 digits', wire(['Content-Length: 9999999999999999'], '{}')],
      ['two lengths', wire(['Content-Length: 2', 'content-length: 3'], '{}')],
      ['a name with a space', wire(['Content-Length : 2'], '{}')],
      ['a folded header', wire(['Content-Length: 2', ' 3'], '{}')],
    ])('with %s lose the framing: the frame before arrives, nothing after', (_what, bytes) => {
      const split = splitter();

      expect(pushed(split, wire(['Content-Length: 1'], '1') + bytes)).toEqual(['1', 'ERR_FRAMING_LOST']);
      expect(pushed(split, wire(['Content-Length: 1'], '2'))).toEqual([]);
      expect(split.end()).toBeUndefined();
    });

    it('are quoted, shortened and printable, when they are none', () => {
      const [error] = splitter().push(Buffer.from(`\x1b[31m\x9b${'x'.repeat(100)}\r\n\r\n`, 'latin1'));

      expect(error).toMatchObject({ message: expect.stringContaining('"\\u001b[31m\\u009bxxx') });
      expect((error as IpcError).message.length).toBeLessThan(300);
    });

    it('may have 8 KiB, blank line included, and no byte more', () => {
      const filler = (bytes: number) =>
        wire(
          [`X: ${'x'.repeat(bytes - 'X: \r\nContent-Length: 2\r\n\r\n'.length)}`, 'Content-Length: 2'],
          '{}',
        );

      expect(pushed(splitter(), filler(8192))).toEqual(['{}']);
      expect(pushed(splitter(), filler(8193))).toEqual(['ERR_FRAMING_LOST']);
    });

    it('of a peer that never ends them are given up after 8 KiB, however they are cut', () => {
      const split = splitter();

      expect(pushed(split, 'x'.repeat(8191))).toEqual([]);
      expect(pushed(split, 'x')).toEqual(['ERR_FRAMING_LOST']);
      expect(pushed(split, 'x'.repeat(8192))).toEqual([]);
    });
  });

  describe('bodies', () => {
    it('count bytes, not characters', () => {
      const split = splitter();

      expect(pushed(split, wire(['Content-Length: 7'], 'é🌍'))).toEqual([]);
      expect(pushed(split, '!')).toEqual(['é🌍!']);
    });

    it('may be empty, or look like headers', () => {
      const inner = wire(['Content-Length: 2'], '{}');

      expect(pushed(splitter(), wire([`Content-Length: ${inner.length}`], inner))).toEqual([inner]);
      expect(pushed(splitter(), wire(['Content-Length: 0'], wire(['Content-Length: 1'], '1')))).toEqual([
        '',
        '1',
      ]);
    });

    it('that are not UTF-8 are an ERR_DECODE, and the next one arrives', () => {
      const bytes = Buffer.concat([
        Buffer.from('Content-Length: 1\r\n\r\n'),
        Buffer.of(0xff),
        Buffer.from(wire(['Content-Length: 1'], '1')),
      ]);

      expect(pushed(splitter(), bytes)).toEqual(['ERR_DECODE', '1']);
    });

    it('over maxFrameBytes are skipped, and the next one arrives', () => {
      const split = splitter(4);

      expect(pushed(split, wire(['Content-Length: 5'], 'fiv'))).toEqual(['ERR_FRAME_TOO_LARGE']);
      expect(pushed(split, `es${wire(['Content-Length: 4'], 'four')}`)).toEqual(['four']);
    });

    it('longer than any string are too long, whatever the limit', () => {
      expect(pushed(splitter(Infinity), 'Content-Length: 99000000000\r\n\r\n')).toEqual([
        'ERR_FRAME_TOO_LARGE',
      ]);
    });

    it('do not change when the chunk is used again', () => {
      const chunk = Buffer.from(wire(['Content-Length: 4'], 'kept'));
      const frames = splitter().push(chunk);
      chunk.fill('!');

      expect(frames).toEqual(['kept']);
    });
  });

  describe('end', () => {
    it.each([
      ['inside a header', 'Content-', 8],
      ['right behind a header', 'Content-Length: 2\r\n\r\n', 0],
      ['inside a body', 'Content-Length: 2\r\n\r\n{', 1],
    ])('%s is an ERR_DECODE, once', (_where, bytes, length) => {
      const split = splitter();
      pushed(split, bytes);

      expect(split.end()).toMatchObject({
        code: 'ERR_DECODE',
        message: expect.stringContaining(` ${length} bytes into`),
      });
      expect(split.end()).toBeUndefined();
      expect(pushed(split, wire(['Content-Length: 2'], '{}'))).toEqual(['{}']);
    });

    it('is silent after a whole frame, and inside one that was reported already', () => {
      const split = splitter(4);
      pushed(split, wire(['Content-Length: 2'], '{}'));
      expect(split.end()).toBeUndefined();
      pushed(split, wire(['Content-Length: 5'], 'fi'));
      expect(split.end()).toBeUndefined();
    });
  });

  describe('join', () => {
    it('writes the header that LSP shows', () => {
      expect(contentLength().join('{"a":"é"}')).toBe('Content-Length: 10\r\n\r\n{"a":"é"}');
      expect(contentLength().join(Buffer.from('{}'))).toBe('Content-Length: 2\r\n\r\n{}');
    });

    it.each([
      ['half a character', '\ud800'],
      ['bytes that are not UTF-8', Buffer.of(0xff)],
    ])('refuses %s', (_what, frame) => {
      expect(thrownBy(() => contentLength().join(frame))).toEqual(code('ERR_ENCODE'));
    });
  });
});
