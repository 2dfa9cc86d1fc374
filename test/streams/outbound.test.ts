import { describe, expect, it } from 'vitest';
import type { Coder } from '../../src/streams/codec.js';
import { bare, deka, type Envelope } from '../../src/streams/envelope.js';
import type { Framing } from '../../src/streams/framing.js';
import { json } from '../../src/streams/json.js';
import { lines } from '../../src/streams/lines.js';
import { outbound, type Stages } from '../../src/streams/outbound.js';

type TestStages = Stages<unknown, unknown>;

function stages(changes: Partial<TestStages> = {}): TestStages {
  return { framing: lines(), coder: json().create(), syntax: 'json', envelope: deka(), ...changes };
}

/** Knows no JSON text, so a message must go through `wrap`. */
const tagged: Envelope = {
  name: 'tagged',
  wrap: message => ({ tag: message }),
  unwrap: value => value,
};

/** One byte of length before each frame. */
const counted: Framing = {
  name: 'counted',
  kind: 'binary',
  splitter: () => ({ push: chunk => [chunk], end: () => undefined }),
  join: frame => Buffer.concat([Buffer.of(frame.length), Buffer.from(frame)]),
};

const csv: Coder<unknown, unknown> = {
  encode: row => String(row),
  decode: frame => frame,
};

describe('outbound', () => {
  it('puts a message in its envelope on a line', () => {
    expect(outbound(stages()).encode({ id: 1 })).toBe('{"cmd":"NODE_HANDLE","msg":{"id":1}}\n');
  });

  it('puts a message without envelope on a line', () => {
    expect(outbound(stages({ envelope: bare() })).encode({ id: 1 })).toBe('{"id":1}\n');
  });

  it('writes a JSON envelope as text, without wrapping', () => {
    const envelope: Envelope = {
      ...deka(),
      wrap: () => {
        throw new Error('wrapped');
      },
    };

    expect(outbound(stages({ envelope })).encode(1)).toBe('{"cmd":"NODE_HANDLE","msg":1}\n');
  });

  it('wraps where the envelope names no text', () => {
    expect(outbound(stages({ envelope: tagged })).encode(1)).toBe('{"tag":1}\n');
  });

  it('wraps where the codec does not promise JSON', () => {
    expect(outbound(stages({ syntax: undefined })).encode(1)).toBe('{"cmd":"NODE_HANDLE","msg":1}\n');
  });

  it('lets the framing join where that does more than put a delimiter behind', () => {
    const { delimiter: _none, ...framing } = lines();
    const quoting: Framing = { ...framing, join: frame => `<${frame}>` };

    expect(outbound(stages({ framing: quoting })).encode(1)).toBe('<{"cmd":"NODE_HANDLE","msg":1}>');
  });

  it('uses the delimiter of the framing', () => {
    expect(outbound(stages({ framing: { ...lines(), delimiter: '\r\n' }, envelope: bare() })).encode(1)).toBe(
      '1\r\n',
    );
  });

  it('lets the framing refuse what a codec of any syntax made', () => {
    const out = outbound(stages({ coder: csv, syntax: undefined, envelope: bare() }));

    expect(out.encode('a,b')).toBe('a,b\n');
    expect(() => out.encode('a\nb')).toThrow(expect.objectContaining({ code: 'ERR_ENCODE' }));
  });

  it('throws what the codec throws', () => {
    const thrown = new Error('cannot');
    const encode = (): never => {
      throw thrown;
    };

    expect(() => outbound(stages({ coder: { ...csv, encode } })).encode(1)).toThrow(thrown);
    expect(() => outbound(stages({ coder: { ...csv, encode }, syntax: undefined })).encode(1)).toThrow(
      thrown,
    );
  });

  it('never puts the line "undefined" on the wire', () => {
    expect(() => outbound(stages()).encode({ toJSON: () => undefined })).toThrow(
      expect.objectContaining({ code: 'ERR_ENCODE' }),
    );
  });

  it('throws for undefined, which wrapping would turn into an envelope without msg', () => {
    expect(() => outbound(stages()).encode(undefined)).toThrow(
      expect.objectContaining({ code: 'ERR_ENCODE' }),
    );
  });

  it('makes bytes for a binary framing', () => {
    const out = outbound(stages({ framing: counted, coder: csv, syntax: undefined, envelope: bare() }));

    expect(out.encode('ab')).toEqual(Buffer.from('\u0002ab'));
  });

  describe('a codec that packs', () => {
    /** Messages are their sizes in bytes. */
    function packing() {
      const calls: string[] = [];
      const coder: Coder<unknown, unknown> = {
        encode: size => {
          calls.push('one');
          return Buffer.alloc(Number(size));
        },
        encodeMany: sizes => {
          calls.push(`${sizes.length}`);
          return Buffer.concat(sizes.map(size => Buffer.alloc(Number(size))));
        },
        decode: String,
        unsent: () => void calls.push('unsent'),
      };
      const framing: Framing = { ...lines(), kind: 'binary', join: frame => frame };
      return { calls, out: outbound({ framing, coder, syntax: undefined, envelope: bare() }) };
    }

    it('gets as many at a time as make 32 KiB, up to eight times as many as before', () => {
      const { calls, out } = packing();

      expect(out.encodeMany(Array(1000).fill(100))).toHaveLength(100_000);
      expect(calls).toEqual(['1', '8', '64', '327', '327', '273']);
    });

    it('is told when many were too large together, and encodes them one by one', () => {
      const { calls, out } = packing();

      expect(out.encodeMany([100, 600_000, 600_000, 1])).toHaveLength(1_200_101);
      expect(calls).toEqual(['1', '3', 'unsent', 'one', 'one', 'one']);
    });
  });

  describe('encodeMany', () => {
    it('is one text of all messages in order', () => {
      const out = outbound(stages({ envelope: bare() }));

      expect(out.encodeMany([1, 'two', null])).toBe('1\n"two"\nnull\n');
    });

    it('is one piece of bytes for a binary framing', () => {
      const out = outbound(stages({ framing: counted, coder: csv, syntax: undefined, envelope: bare() }));

      expect(out.encodeMany(['a', 'bc'])).toEqual(Buffer.from('\u0001a\u0002bc'));
    });

    it('is empty for no messages', () => {
      expect(outbound(stages()).encodeMany([])).toBe('');
    });

    it('throws if one message cannot be encoded', () => {
      expect(() => outbound(stages()).encodeMany([1, undefined, 3])).toThrow(
        expect.objectContaining({ code: 'ERR_ENCODE' }),
      );
    });
  });
});
