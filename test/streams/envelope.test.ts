import { describe, expect, it } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { bare, deka } from '../../src/streams/envelope.js';

const CMD = 'NODE_HANDLE';

function refusal(value: unknown): unknown {
  try {
    return deka().unwrap(value);
  } catch (thrown) {
    return thrown;
  }
}

describe('deka', () => {
  it('wraps a message', () => {
    expect(deka().name).toBe('deka');
    expect(deka().wrap({ id: 1 })).toEqual({ cmd: CMD, msg: { id: 1 } });
  });

  it.each([
    { id: 1 },
    [1, 2],
    'text',
    0,
    false,
    null,
  ])('means the same as text and as an object: %j', message => {
    const { json, wrap } = deka();

    expect(`${json?.before}${JSON.stringify(message)}${json?.after}`).toBe(JSON.stringify(wrap(message)));
  });

  it.each([{ id: 1 }, 'text', 0, false, null])('unwraps what it wrapped: %j', message => {
    const envelope = deka();

    expect(envelope.unwrap(envelope.wrap(message))).toBe(message);
  });

  it('does not mind the order of the members, nor further ones', () => {
    expect(deka().unwrap({ msg: 1, extra: 2, cmd: CMD })).toBe(1);
  });

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a text', `{"cmd":"${CMD}","msg":1}`],
    ['a number', 5],
    ['an array', [CMD, 1]],
    ['an empty object', {}],
    ['no cmd', { msg: 1 }],
    ['another cmd', { cmd: 'OTHER', msg: 1 }],
    ['no msg', { cmd: CMD }],
    ['a msg that is only inherited', Object.create({ msg: 1 }, { cmd: { value: CMD } })],
    ['an envelope under __proto__', JSON.parse(`{"__proto__":{"cmd":"${CMD}","msg":1}}`)],
    ['a cmd under __proto__', JSON.parse(`{"__proto__":{"cmd":"${CMD}"},"msg":1}`)],
  ])('refuses a value that is not in it: %s', (_what, value) => {
    const error = refusal(value);

    expect(error).toBeInstanceOf(IpcError);
    expect(error).toHaveProperty('code', 'ERR_BAD_ENVELOPE');
  });

  it('says how to talk to a peer that has no envelope', () => {
    expect(refusal(5)).toHaveProperty('message', expect.stringContaining('bare()'));
  });
});

describe('bare', () => {
  it('is the message itself, both ways', () => {
    const message = { id: 1 };

    expect(bare().name).toBe('bare');
    expect(bare().wrap(message)).toBe(message);
    expect(bare().unwrap(message)).toBe(message);
  });

  it('puts no text around it', () => {
    expect(bare().json).toEqual({ before: '', after: '' });
  });
});
