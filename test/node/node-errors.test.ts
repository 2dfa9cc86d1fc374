import { createSocket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { createContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  channelClosedError,
  disconnectedError,
  invalidHandleError,
  invalidTypeError,
  isHandle,
  missingMessageError,
} from '../../src/node/node-errors.js';
import { tools } from '../support/faces.js';

function made(error: NodeJS.ErrnoException) {
  return { ...tools.describe(error), shown: error.stack?.split('\n')[0], keys: Object.keys(error) };
}

describe('errors with the codes of Node', () => {
  it.each([
    [channelClosedError(), 'Error', 'ERR_IPC_CHANNEL_CLOSED', 'Channel closed'],
    [disconnectedError(), 'Error', 'ERR_IPC_DISCONNECTED', 'IPC channel is already disconnected'],
    [missingMessageError(), 'TypeError', 'ERR_MISSING_ARGS', 'The "message" argument must be specified'],
    [invalidHandleError(), 'TypeError', 'ERR_INVALID_HANDLE_TYPE', 'This handle type cannot be sent'],
  ])('%s', (error, name, code, message) => {
    // The code stands in the stack, between the name and the text, as in Node.
    expect(made(error)).toEqual({
      name,
      code,
      message,
      shown: `${name} [${code}]: ${message}`,
      keys: ['code'],
    });
  });

  class Kind {}
  function named() {}
  const nameless = Object.assign(Object.create({ constructor: undefined }), { a: 1 });
  const unprototyped = Object.assign(Object.create(null), { a: 1 });
  const values: readonly (readonly [what: string, unknown])[] = [
    ['null', null],
    ['a string', 'text'],
    ['a string with quotes', "it's"],
    ['a string with a line end', 'two\nlines'],
    ['28 characters', 'x'.repeat(28)],
    ['29 characters', 'x'.repeat(29)],
    ['a long string with quotes', `it's ${'x'.repeat(100)}`],
    ['a number', 1],
    ['-0', -0],
    ['NaN', Number.NaN],
    ['a bigint', 10n ** 40n],
    ['a boolean', false],
    ['a symbol', Symbol('s')],
    ['a function', named],
    ['a function without a name', (() => () => {})()],
    ['a class', Kind],
    ['a list', [1]],
    ['undefined', undefined],
    ['an instance', new Kind()],
    ['an object that no constructor made', nameless],
    ['an object without a prototype', unprototyped],
  ];

  it.each(values)('ERR_INVALID_ARG_TYPE tells what it got as Node does: %s', (_what, value) => {
    // Two functions of Node that check an argument in the same way.
    const [byNode, own] =
      typeof value === 'string'
        ? [
            () => createContext({}, JSON.parse(JSON.stringify(value)) as object),
            invalidTypeError('options', 'of type object', value),
          ]
        : [() => join(value as string), invalidTypeError('path', 'of type string', value)];
    expect(tools.describe(own)).toEqual(tools.thrown(byNode));
  });
});

describe('isHandle', () => {
  it('knows what Node could send', () => {
    const udp = createSocket('udp4');
    expect([new Socket(), new Server(), udp].map(isHandle)).toEqual([true, true, true]);
    udp.close();
  });

  it.each([
    [{}],
    [[]],
    ['text'],
    [1],
    [true],
    [Symbol('s')],
    [new EventEmitter()],
    [() => {}],
  ])('knows that %o is none', value => {
    expect(isHandle(value)).toBe(false);
  });
});
