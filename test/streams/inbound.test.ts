import { describe, expect, it } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { decodeError, FAILURES_PER_CHUNK } from '../../src/streams/chunk-failures.js';
import type { Coder } from '../../src/streams/codec.js';
import { bare, deka, type Envelope } from '../../src/streams/envelope.js';
import type { Frame, Framing } from '../../src/streams/framing.js';
import { type Inbound, inbound } from '../../src/streams/inbound.js';
import { json } from '../../src/streams/json.js';
import { lines } from '../../src/streams/lines.js';
import type { Stages } from '../../src/streams/outbound.js';

type TestStages = Stages<never, unknown>;

function open(changes: Partial<TestStages> = {}, maxFrameBytes = 1024): Inbound<unknown> {
  const stages: TestStages = { framing: lines(), coder: json().create(), syntax: 'json', envelope: deka() };
  return inbound({ ...stages, ...changes }, maxFrameBytes);
}

/** Messages as they are, failures by their code. */
function received(
  from: Inbound<unknown>,
  text: string,
): { messages: readonly unknown[]; failures: string[] } {
  const { messages, failures } = from.push(Buffer.from(text));
  return { messages, failures: failures.map(failure => failure.code) };
}

function onlyFailure(from: Inbound<unknown>, text: string): IpcError | undefined {
  const { messages, failures } = from.push(Buffer.from(text));
  expect(messages).toEqual([]);
  expect(failures).toHaveLength(1);
  return failures[0];
}

/** JSON that remembers the frames it was given. */
function watched(): { coder: Coder<never, unknown>; frames: Frame[] } {
  const { encode, decode } = json<never>().create();
  const frames: Frame[] = [];
  return {
    frames,
    coder: {
      encode,
      decode: frame => {
        frames.push(frame);
        return decode(frame);
      },
    },
  };
}

function throwing(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

/** Each chunk is a frame of bytes. */
const chunks: Framing = {
  name: 'chunks',
  kind: 'binary',
  splitter: () => ({ push: chunk => [chunk], end: () => undefined }),
  join: frame => frame,
};

describe('a batch', () => {
  it('is its messages in order, beside those of other frames', () => {
    const text =
      '{"cmd":"NODE_HANDLE","msg":0}\n{"cmd":"DEKA_BATCH","msgs":[1,"two",null,[3]]}\n{"cmd":"NODE_HANDLE","msg":5}\n';
    expect(received(open(), text)).toEqual({ messages: [0, 1, 'two', null, [3], 5], failures: [] });
  });

  it('may be spelled in any way that JSON allows', () => {
    const text = ' { "msgs" : [ 1, 2 ], "x": 1, "cmd" : "DEKA_BATCH" }\n';
    expect(received(open(), text)).toEqual({ messages: [1, 2], failures: [] });
  });

  it('may be empty', () => {
    expect(received(open(), '{"cmd":"DEKA_BATCH","msgs":[]}\n')).toEqual({ messages: [], failures: [] });
  });

  it.each([
    '{"cmd":"DEKA_BATCH","msgs":[1,}\n',
    '{"cmd":"DEKA_BATCH","msgs":[1,2\n',
    '{"cmd":"DEKA_BATCH","msgs":[1],]}\n',
  ])('that is broken is one failure and no message: %j', text => {
    expect(received(open(), `${text}{"cmd":"NODE_HANDLE","msg":1}\n`)).toEqual({
      messages: [1],
      failures: ['ERR_DECODE'],
    });
  });

  it.each([
    '{"cmd":"DEKA_BATCH","msgs":{"length":1}}',
    '{"cmd":"DEKA_BATCH","msgs":1}',
    '{"cmd":"DEKA_BATCH"}',
    '{"cmd":"DEKA_BATCH","__proto__":{"msgs":[1]}}',
  ])('without an array is a bad envelope: %s', text => {
    expect(received(open(), `${text}\n`)).toEqual({ messages: [], failures: ['ERR_BAD_ENVELOPE'] });
  });

  it('reaches a coder that sees each message by itself as what it is, a whole frame', () => {
    const { coder, frames } = watched();
    expect(received(open({ coder }), '{"cmd":"DEKA_BATCH","msgs":[1,2]}\n').messages).toEqual([1, 2]);
    expect(frames).toEqual(['{"cmd":"DEKA_BATCH","msgs":[1,2]}']);
  });

  it('is a message like any other where there is no envelope', () => {
    const message = { cmd: 'DEKA_BATCH', msgs: [1] };
    expect(received(open({ envelope: bare() }), `${JSON.stringify(message)}\n`).messages).toEqual([message]);
  });
});

describe('a greeting', () => {
  it('says what the peer takes, and is no message', () => {
    const { messages, failures, announced } = open().push(
      Buffer.from('{"cmd":"DEKA_HELLO","accepts":["batch","other",7]}\n{"cmd":"NODE_HANDLE","msg":1}\n'),
    );
    expect({ messages, failures, announced }).toEqual({
      messages: [1],
      failures: [],
      announced: ['batch', 'other'],
    });
  });

  it('is said once', () => {
    const from = open();
    from.push(Buffer.from('{"cmd":"DEKA_HELLO","accepts":[]}\n'));
    expect(from.push(Buffer.from('{"cmd":"NODE_HANDLE","msg":1}\n')).announced).toBeUndefined();
  });

  it.each([
    '{"cmd":"DEKA_HELLO"}',
    '{"cmd":"DEKA_HELLO","accepts":"batch"}',
  ])('without a list is a bad envelope: %s', text => {
    expect(received(open(), `${text}\n`).failures).toEqual(['ERR_BAD_ENVELOPE']);
  });
});

describe('inbound', () => {
  it('takes messages out of lines and envelopes, in order', () => {
    const text = '{"cmd":"NODE_HANDLE","msg":{"id":1}}\n{"cmd":"NODE_HANDLE","msg":null}\n';

    expect(received(open(), text)).toEqual({ messages: [{ id: 1 }, null], failures: [] });
  });

  it('takes messages without envelope', () => {
    expect(received(open({ envelope: bare() }), '1\n"two"\n')).toEqual({
      messages: [1, 'two'],
      failures: [],
    });
  });

  it('waits for the rest of a message', () => {
    const wire = open({ envelope: bare() });

    expect(received(wire, '[1,')).toEqual({ messages: [], failures: [] });
    expect(received(wire, '2]\n')).toEqual({ messages: [[1, 2]], failures: [] });
  });

  it.each([
    ['spaces', '{"cmd": "NODE_HANDLE", "msg": 1}'],
    ['the other order', '{"msg":1,"cmd":"NODE_HANDLE"}'],
    ['a carriage return', '{"cmd":"NODE_HANDLE","msg":1}\r'],
    ['a space before the end', '{"cmd":"NODE_HANDLE","msg":1 }'],
    ['a further member', '{"cmd":"NODE_HANDLE","msg":1,"more":{}}'],
    ['an escaped letter', '{"cm\\u0064":"NODE_HANDLE","msg":1}'],
  ])('reads an envelope that is spelt with %s', (_how, line) => {
    expect(received(open(), `${line}\n`)).toEqual({ messages: [1], failures: [] });
  });

  it('makes a failure of a broken line, and messages of its neighbours', () => {
    const text = '{"cmd":"NODE_HANDLE","msg":1}\noops\n{"cmd":"NODE_HANDLE","msg":2}\n';

    expect(received(open(), text)).toEqual({ messages: [1, 2], failures: ['ERR_DECODE'] });
  });

  it('makes an ERR_BAD_ENVELOPE of JSON that has no envelope', () => {
    expect(received(open(), '{"id":1}\n')).toEqual({ messages: [], failures: ['ERR_BAD_ENVELOPE'] });
  });

  it('makes a failure of a frame that the splitter dropped', () => {
    const wire = open({ envelope: bare() }, 4);

    expect(received(wire, '1\n"long"\n2\n')).toEqual({ messages: [1, 2], failures: ['ERR_FRAME_TOO_LARGE'] });
  });

  it('describes a hundred failures of a chunk, and counts the others', () => {
    const { messages, failures } = open().push(Buffer.from(`${'oops\n'.repeat(FAILURES_PER_CHUNK + 7)}{}\n`));
    expect(messages).toEqual([]);
    expect(failures.length).toBe(FAILURES_PER_CHUNK + 1);
    expect(failures.at(-1)).toMatchObject({ code: 'ERR_BAD_ENVELOPE', count: 8 });
    expect(failures.slice(0, -1).every(({ count }) => count === undefined)).toBe(true);
  });

  it('leaves stack traces as they were, also when a framing throws', () => {
    const before = Error.stackTraceLimit;
    open().push(Buffer.from('oops\n'.repeat(FAILURES_PER_CHUNK + 7)));
    expect(Error.stackTraceLimit).toBe(before);
    const throws: Framing = {
      ...chunks,
      splitter: () =>
        ({
          *push() {
            for (let n = 0; n < FAILURES_PER_CHUNK + 7; n += 1) yield Buffer.from('oops');
            throw new Error('a framing of its own kind');
          },
          end: () => undefined,
        }) as never,
    };
    expect(() => open({ framing: throws }).push(Buffer.from('x'))).toThrow('of its own kind');
    expect(Error.stackTraceLimit).toBe(before);
  });

  it('reads nothing behind the first failure when told to close', () => {
    const stages = { framing: lines(), coder: json().create(), syntax: 'json', envelope: bare() } as const;
    const { messages, failures } = inbound(stages, 1024, 'close').push(Buffer.from('1\noops\n2\noops\n'));
    expect([messages, failures.length]).toEqual([[1], 1]);
  });

  it('keeps failures in order', () => {
    const wire = open({}, 20);

    expect(received(wire, `oops\n{}\n${'x'.repeat(21)}\n`).failures).toEqual([
      'ERR_DECODE',
      'ERR_BAD_ENVELOPE',
      'ERR_FRAME_TOO_LARGE',
    ]);
  });

  it('tells of the whole frame when the message in the envelope is broken', () => {
    const failure = onlyFailure(open(), '{"cmd":"NODE_HANDLE","msg":oops}\n');

    expect(failure).toMatchObject({
      code: 'ERR_DECODE',
      message: expect.stringContaining('\\"NODE_HANDLE\\"'),
    });
  });

  it('parses only what stands in the envelope', () => {
    const { coder, frames } = watched();
    received(open({ coder }), '{"cmd":"NODE_HANDLE","msg":[1]}\n');

    expect(frames).toEqual(['[1]']);
  });

  it('parses a message without envelope once', () => {
    const { coder, frames } = watched();
    received(open({ coder, envelope: bare() }), '[1]\n');

    expect(frames).toEqual(['[1]']);
  });

  it('parses the whole where the codec does not promise JSON', () => {
    const { coder, frames } = watched();
    const text = '{"cmd":"NODE_HANDLE","msg":[1]}';

    expect(received(open({ coder, syntax: undefined }), `${text}\n`).messages).toEqual([[1]]);
    expect(frames).toEqual([text]);
  });

  it('parses the whole where the envelope names no text', () => {
    const envelope: Envelope = {
      name: 'first',
      wrap: message => [message],
      unwrap: value => [value, 'unwrapped'],
    };

    expect(received(open({ envelope }), '5\n').messages).toEqual([[5, 'unwrapped']]);
  });

  it('parses the whole where the framing gives bytes', () => {
    expect(received(open({ framing: chunks }), '{"cmd":"NODE_HANDLE","msg":1}').messages).toEqual([1]);
  });

  it('does not take one piece of text for both the beginning and the end of an envelope', () => {
    const envelope: Envelope = {
      name: 'middle',
      json: { before: '[0,', after: ',2]' },
      wrap: message => [0, message, 2],
      unwrap: value => ({ whole: value }),
    };

    expect(received(open({ envelope }), '[0,2]\n').messages).toEqual([{ whole: [0, 2] }]);
  });

  it('makes an ERR_DECODE of what a codec throws', () => {
    const cause = new Error('bad record');
    const coder = { encode: () => '', decode: throwing(cause) };
    const failure = onlyFailure(open({ coder, syntax: undefined }), 'x\n');

    expect(failure).toBeInstanceOf(IpcError);
    expect(failure).toMatchObject({
      code: 'ERR_DECODE',
      cause,
      message: expect.stringContaining('bad record'),
    });
  });

  it('makes an ERR_DECODE of what an envelope throws', () => {
    const cause = new Error('wrong version');
    const envelope: Envelope = { name: 'strict', wrap: message => message, unwrap: throwing(cause) };
    const failure = onlyFailure(open({ envelope }), '1\n');

    expect(failure).toMatchObject({ code: 'ERR_DECODE', cause });
  });

  it('passes the IpcError that a codec throws', () => {
    const thrown = new IpcError('ERR_BAD_ENVELOPE', 'mine');
    const coder = { encode: () => '', decode: throwing(thrown) };

    expect(onlyFailure(open({ coder, syntax: undefined }), 'x\n')).toBe(thrown);
  });

  it('has a splitter of its own', () => {
    const framing = lines();
    const left = open({ framing, envelope: bare() });
    const right = open({ framing, envelope: bare() });
    received(left, '1');

    expect(received(right, '2\n').messages).toEqual([2]);
    expect(received(left, '3\n').messages).toEqual([13]);
  });

  it('ends silently between frames', () => {
    const wire = open({ envelope: bare() });
    received(wire, '1\n');

    expect(wire.end()).toBeUndefined();
  });

  it('ends with an ERR_DECODE inside a frame', () => {
    const wire = open({ envelope: bare() });
    received(wire, '1');

    expect(wire.end()).toHaveProperty('code', 'ERR_DECODE');
  });
});

describe('decodeError', () => {
  it('is an IpcError as it is', () => {
    const error = new IpcError('ERR_FRAME_TOO_LARGE', 'mine');

    expect(decodeError(error)).toBe(error);
  });

  it.each([new Error('text'), 'text', Symbol('text')])('tells what was thrown: %s', thrown => {
    expect(decodeError(thrown)).toMatchObject({
      code: 'ERR_DECODE',
      cause: thrown,
      message: expect.stringContaining('text'),
    });
  });
});
