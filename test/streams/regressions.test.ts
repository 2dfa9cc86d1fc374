// What once went wrong, and must not again.
import { from, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../src/errors.js';
import type { Codec } from '../../src/streams/codec.js';
import { bare, deka } from '../../src/streams/envelope.js';
import { inbound } from '../../src/streams/inbound.js';
import { json } from '../../src/streams/json.js';
import { lines } from '../../src/streams/lines.js';
import { outbound } from '../../src/streams/outbound.js';
import { splitFrames } from '../../src/streams/split-frames.js';

/** What comes of one line. */
function received(codec: Codec<never, unknown>, line: string, envelope = deka()) {
  const stages = { framing: lines(), envelope, syntax: codec.syntax, coder: codec.create() };
  return inbound(stages, 1e6).push(Buffer.from(`${line}\n`));
}

describe('the stages', () => {
  it('pull no more from a synchronous source than the subscriber wants', () => {
    let pulled = 0;
    function* source() {
      for (;;) {
        pulled += 1;
        yield Buffer.from('line\n');
      }
    }
    from(source()).pipe(splitFrames(), take(1)).subscribe();
    expect(pulled).toBe(1);
  });
});

describe('a codec', () => {
  it('that throws something without a text makes a failure, not a throw', () => {
    const codec: Codec<never, unknown> = {
      name: 'odd',
      framing: lines(),
      create: () => ({
        encode: () => '',
        decode: () => {
          throw Object.create(null);
        },
      }),
    };
    expect(received(codec, 'x').failures).toMatchObject([{ code: 'ERR_DECODE' }]);
    expect(reasonOf(Object.create(null))).toBe('a value without a text');
  });

  it('of JSON that gives bytes is written as its text', () => {
    const codec: Codec<unknown, never> = {
      ...json<unknown, never>(),
      create: () => ({
        ...json<unknown, never>().create(),
        encode: message => Buffer.from(JSON.stringify(message)),
      }),
    };
    const { encode } = outbound({
      framing: lines(),
      envelope: deka(),
      syntax: 'json',
      coder: codec.create(),
    });
    expect(encode({ a: 'ü' })).toBe('{"cmd":"NODE_HANDLE","msg":{"a":"ü"}}\n');
  });

  it('whose reviver refuses a message has the last word', () => {
    const refuse = (key: string, value: unknown) => {
      if (key === '' && typeof value === 'number') throw new RangeError('no numbers');
      return value;
    };
    const { messages, failures } = received(
      json<never, unknown>({ reviver: refuse }),
      '{"cmd":"NODE_HANDLE","msg":5}',
    );
    expect(messages).toEqual([]);
    expect(failures).toMatchObject([{ code: 'ERR_DECODE', cause: new RangeError('no numbers') }]);
  });
});

describe('the lines framing', () => {
  it.each([
    ['bytes that are not UTF-8', Buffer.of(0xff, 0x41)],
    ['a lone surrogate', 'a\ud800b'],
  ])('refuses to change %s', (_what, frame) => {
    expect(() => lines().join(frame)).toThrow(expect.objectContaining({ code: 'ERR_ENCODE' }));
  });
});

describe('an error about a bad frame', () => {
  it('carries no character that steers a terminal, in its text or its cause', () => {
    const [failure] = received(json<never, unknown>(), '\u001b[2J\u009b31m\u202e\u007f"', bare()).failures;
    expect(failure?.cause).toBeInstanceOf(SyntaxError);
    const texts = `${failure?.message} ${failure?.cause}`;
    expect(texts).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(texts).toContain('\\u001b');
    expect(texts).toContain('\\u202e');
  });
});
