import { describe, expect, it } from 'vitest';
import { bare, deka } from '../../src/streams/envelope.js';
import { inbound } from '../../src/streams/inbound.js';
import { json } from '../../src/streams/json.js';
import { handleMark } from '../../src/streams/mark.js';
import { v8 } from '../../src/streams/v8.js';

const MARK = '{"cmd":"DEKA_HANDLE"}';

function wire(...messages: (string | number)[]): Buffer {
  const lines = messages.map(message => (message === MARK ? MARK : `{"cmd":"NODE_HANDLE","msg":${message}}`));
  return Buffer.from(lines.map(line => `${line}\n`).join(''));
}

function open(mark: string | undefined = MARK) {
  const codec = json<never, unknown>();
  const stages = { framing: codec.framing, coder: codec.create(), syntax: codec.syntax, envelope: deka() };
  return inbound(stages, 1024, 'skip', mark === undefined ? undefined : Buffer.from(mark));
}

describe('handleMark', () => {
  it.each([
    ['JSON in the default envelope', json(), deka(), MARK],
    ['V8 values', v8(), bare(), new Uint8Array()],
    ['bare JSON, where it could be a message', json(), bare(), undefined],
    ['a codec of somebody else', { name: 'csv', syntax: undefined }, deka(), undefined],
  ])('for %s', (_what, codec, envelope, expected) => {
    expect(handleMark({ codec, envelope } as never)).toEqual(expected);
  });
});

describe('marks among messages', () => {
  it('say which messages are special', () => {
    const { messages, failures, marked } = open().push(wire(1, MARK, 2, 3, MARK, 4));
    expect({ messages, failures, marked }).toEqual({ messages: [1, 2, 3, 4], failures: [], marked: [1, 3] });
  });

  it('are undefined where there are none', () => {
    expect(open().push(wire(1, 2)).marked).toBeUndefined();
  });

  it('may end a chunk', () => {
    const link = open();
    expect(link.push(wire(1, MARK)).marked).toBeUndefined();
    expect(link.push(wire(2)).marked).toEqual([0]);
    expect(link.push(wire(3)).marked).toBeUndefined();
  });

  it('are found however they are cut', () => {
    const link = open();
    const seen = [...wire(1, MARK, 2)].map(byte => link.push(Buffer.of(byte)).marked).filter(Boolean);
    expect(seen).toEqual([[0]]);
  });

  it('count, even if the message behind one cannot be read', () => {
    const { messages, failures, marked } = open().push(wire(MARK, 'broken', MARK, 2));
    expect(messages).toEqual([2]);
    expect(failures.map(({ code }) => code)).toEqual(['ERR_DECODE']);
    expect(marked).toEqual([-1, 0]);
  });

  it('are bad frames if they stand behind one another', () => {
    const { messages, failures, marked } = open().push(wire(MARK, MARK, 1));
    expect(messages).toEqual([1]);
    expect(failures.map(({ code }) => code)).toEqual(['ERR_BAD_ENVELOPE']);
    expect(marked).toEqual([-1]);
  });

  it('are bad frames to a side that has no use for them', () => {
    const link = inbound({ ...stagesOfJson(), envelope: deka() }, 1024);
    const { messages, failures, marked } = link.push(wire(MARK, 1));
    expect(messages).toEqual([1]);
    expect(failures.map(({ code }) => code)).toEqual(['ERR_BAD_ENVELOPE']);
    expect(marked).toBeUndefined();
  });

  it('are empty frames among V8 values', () => {
    const codec = v8<unknown, unknown>();
    const coder = codec.create();
    const { framing } = codec;
    const stages = { framing, coder, syntax: codec.syntax, envelope: bare() };
    const frames = [coder.encode('one'), new Uint8Array(), coder.encode('two')].map(frame =>
      framing.join(frame),
    );
    const { messages, marked } = inbound(stages, 1024, 'skip', new Uint8Array()).push(
      Buffer.concat(frames as Uint8Array[]),
    );
    expect({ messages, marked }).toEqual({ messages: ['one', 'two'], marked: [1] });
  });
});

function stagesOfJson() {
  const codec = json<never, unknown>();
  return { framing: codec.framing, coder: codec.create(), syntax: codec.syntax };
}
