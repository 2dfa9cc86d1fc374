import { describe, expect, it } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { json } from '../../src/streams/json.js';
import { thrownBy } from '../support/errors.js';

const circular: { self?: unknown } = {};
circular.self = circular;

function encode(message: unknown): unknown {
  return json().create().encode(message);
}

function decode(frame: string | Uint8Array): unknown {
  return json().create().decode(frame);
}

describe('json', () => {
  it('is JSON in lines', () => {
    const codec = json();

    expect(codec).toMatchObject({ name: 'json', syntax: 'json' });
    expect(codec.framing.name).toBe('lines');
  });

  describe('encode', () => {
    it('writes JSON without spaces', () => {
      expect(encode({ id: 1, tags: ['a', null] })).toBe('{"id":1,"tags":["a",null]}');
    });

    it('writes no line break, whatever the text', () => {
      expect(encode('one\r\ntwo\n')).toBe('"one\\r\\ntwo\\n"');
    });

    it('passes values through the replacer', () => {
      const coder = json({ replacer: (key, value) => (key === 'secret' ? undefined : value) }).create();

      expect(coder.encode({ id: 1, secret: 2 })).toBe('{"id":1}');
    });

    it.each([
      ['undefined', undefined, 'text for undefined'],
      ['a function', () => 1, 'a function'],
      ['a symbol', Symbol('s'), 'a symbol'],
      ['an object whose toJSON gives undefined', { toJSON: () => undefined }, 'toJSON() returned undefined'],
    ])('throws ERR_ENCODE for %s and says so', (_what, message, said) => {
      const error = thrownBy(() => encode(message));

      expect(error).toBeInstanceOf(IpcError);
      expect(error).toMatchObject({ code: 'ERR_ENCODE', message: expect.stringContaining(said) });
    });

    it.each([
      ['a bigint', 1n],
      ['a bigint inside', { count: 1n }],
      ['a circle', circular],
    ])('throws ERR_ENCODE with the TypeError as cause for %s', (_what, message) => {
      const error = thrownBy(() => encode(message));

      expect(error).toBeInstanceOf(IpcError);
      expect(error).toMatchObject({ code: 'ERR_ENCODE', cause: expect.any(TypeError) });
    });

    it('throws ERR_ENCODE for a toJSON that throws, with what it threw', () => {
      const cause = new Error('no text today');
      const toJSON = (): never => {
        throw cause;
      };

      expect(thrownBy(() => encode({ toJSON }))).toMatchObject({
        code: 'ERR_ENCODE',
        cause,
        message: expect.stringContaining('no text today'),
      });
    });

    it('throws ERR_ENCODE when the replacer drops the whole message', () => {
      const coder = json({ replacer: () => undefined }).create();

      expect(thrownBy(() => coder.encode({ id: 1 }))).toMatchObject({ code: 'ERR_ENCODE' });
    });
  });

  describe('decode', () => {
    it('reads text', () => {
      expect(decode('{"id":1,"tags":["a",null]}')).toEqual({ id: 1, tags: ['a', null] });
    });

    it('reads bytes as UTF-8', () => {
      expect(decode(new Uint8Array(Buffer.from('.."é"..')).subarray(2, 6))).toBe('é');
    });

    it('does not mind a carriage return behind the value', () => {
      expect(decode('{"id":1}\r')).toEqual({ id: 1 });
    });

    it('passes values through the reviver', () => {
      const coder = json({
        reviver: (key, value) => (key === 'at' ? new Date(String(value)) : value),
      }).create();

      expect(coder.decode('{"at":"2020-01-01T00:00:00.000Z"}')).toEqual({ at: new Date('2020-01-01') });
    });

    it('makes __proto__ an own property like any other', () => {
      const message = decode('{"__proto__":{"polluted":true}}');

      expect(Object.keys(Object(message))).toEqual(['__proto__']);
      expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
      expect(message).not.toHaveProperty('polluted');
    });

    it.each([
      '',
      'undefined',
      '{"id":',
      '1 2',
      'NaN',
      '\uFEFF1',
    ])('throws ERR_DECODE with the SyntaxError as cause for %j', text => {
      const error = thrownBy(() => decode(text));

      expect(error).toBeInstanceOf(IpcError);
      expect(error).toMatchObject({ code: 'ERR_DECODE', cause: expect.any(SyntaxError) });
    });

    it('throws ERR_DECODE for a reviver that throws, with what it threw', () => {
      const cause = new Error('not a date');
      const reviver = (): never => {
        throw cause;
      };

      expect(thrownBy(() => json({ reviver }).create().decode('1'))).toMatchObject({
        code: 'ERR_DECODE',
        cause,
      });
    });

    it('shows a short frame whole, quoted, with control characters spelt out', () => {
      expect(thrownBy(() => decode('oops \u001b[31m"'))).toMatchObject({
        message: expect.stringContaining('11 characters that is not JSON: "oops \\u001b[31m\\"".'),
      });
    });

    it('shows the first 60 characters of a long frame', () => {
      const text = `${'a'.repeat(60)}b`;

      expect(thrownBy(() => decode(text))).toMatchObject({
        message: expect.stringContaining(`61 characters that is not JSON: "${'a'.repeat(60)}…".`),
      });
    });

    it('shows all of a frame of 60 characters', () => {
      expect(thrownBy(() => decode('a'.repeat(60)))).toMatchObject({
        message: expect.stringContaining(`"${'a'.repeat(60)}".`),
      });
    });
  });
});
