import { describe, expect, it } from 'vitest';
import { MODULES_AT_PLACES } from '../support/faces.js';

const closed = { name: 'Error', code: 'ERR_IPC_CHANNEL_CLOSED', message: 'Channel closed' };
const missing = {
  name: 'TypeError',
  code: 'ERR_MISSING_ARGS',
  message: 'The "message" argument must be specified',
};
const invalidHandle = {
  name: 'TypeError',
  code: 'ERR_INVALID_HANDLE_TYPE',
  message: 'This handle type cannot be sent',
};
const wrongType = (message: string) => ({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message });

describe.each(MODULES_AT_PLACES)('send of %s, %s', (_module, _place, module, place) => {
  it.concurrent('takes a callback in second, third or fourth place, and calls it with null', async () => {
    const told = await place.run(module, async (end, { next }) => {
      const calls: unknown[] = [];
      const arrived = next(end, 9);
      let allCalled = () => {};
      const all = new Promise<void>(resolve => {
        allCalled = resolve;
      });
      const callback =
        (name: string, last = false) =>
        (...args: unknown[]) => {
          calls.push([name, ...args]);
          if (last) allCalled();
        };
      const returned = [
        end.send('message alone'),
        end.send('second', callback('second')),
        end.send('second wins', callback('second wins'), callback('never'), callback('never')),
        end.send('second, junk behind', callback('second, junk behind'), 'junk', 'junk'),
        end.send('third', undefined, callback('third')),
        end.send('third, junk behind', null, callback('third, junk behind'), 'junk'),
        end.send('fourth', undefined, undefined, callback('fourth')),
        end.send('options', undefined, { keepOpen: true }, 'no callback'),
        end.send('all', null, {}, callback('all', true)),
      ];
      await all;
      return { returned, calls, arrived: await arrived };
    });
    expect(told).toEqual({
      returned: Array(9).fill(true),
      calls: [
        ['second', null],
        ['second wins', null],
        ['second, junk behind', null],
        ['third', null],
        ['third, junk behind', null],
        ['fourth', null],
        ['all', null],
      ],
      arrived: [
        'message alone',
        'second',
        'second wins',
        'second, junk behind',
        'third',
        'third, junk behind',
        'fourth',
        'options',
        'all',
      ],
    });
  });

  it.concurrent('throws for options, messages and handles of another type, and stays usable', async () => {
    const told = await place.run(module, async (end, { next, thrown }) => {
      function named() {}
      const options = [null, 'text', 1, true, [], Symbol('s'), 1n];
      const messages = [undefined, 1n, Symbol('s'), named, () => {}, class Kind {}];
      const handles = [{}, [], 'text', 1, true, Symbol('s'), new Date(0)];
      const none = [null, undefined, 0, '', false];
      const errors = {
        options: options.map(wrong => thrown(() => end.send('never', undefined, wrong))),
        nothing: thrown(() => end.send()),
        messages: messages.map(wrong => thrown(() => end.send(wrong, () => {}))),
        messageFirst: thrown(() => end.send(1n, 'no handle either')),
        handles: handles.map(wrong => thrown(() => end.send('never', wrong, () => {}))),
      };
      const arrived = next(end, none.length);
      for (const handle of none) end.send(String(handle), handle);
      return { errors, arrived: await arrived };
    });
    const wrongOptions = [
      'null',
      "type string ('text')",
      'type number (1)',
      'type boolean (true)',
      'an instance of Array',
      'type symbol (Symbol(s))',
      'type bigint (1n)',
    ].map(of => wrongType(`The "options" argument must be of type object. Received ${of}`));
    const [wrongBigint, ...wrongMessages] = [
      'type bigint (1n)',
      'type symbol (Symbol(s))',
      'function named',
      'function ',
      'function Kind',
    ].map(of =>
      wrongType(
        `The "message" argument must be one of type string, object, number, or boolean. Received ${of}`,
      ),
    );
    expect(told).toEqual({
      errors: {
        options: wrongOptions,
        nothing: missing,
        messages: [missing, wrongBigint, ...wrongMessages],
        messageFirst: wrongBigint,
        handles: Array(7).fill(invalidHandle),
      },
      arrived: ['null', 'undefined', '0', '', 'false'],
    });
  });

  it.concurrent('takes strings, objects, null, numbers and booleans', async () => {
    const shown = await place.run(module, async (end, { next }) => {
      const messages = [
        'wörld 🌍\n\u2028',
        '',
        0,
        -1.5,
        true,
        false,
        null,
        {},
        [],
        { deep: [{ a: null }, [[]]] },
        { at: new Date(0), gone: undefined },
        Buffer.from('hi'),
        Number.NaN,
        { cmd: 'NODE_' },
        new Map([[1, new Set(['x'])]]),
      ];
      const arrived = next(end, messages.length);
      for (const message of messages) end.send(message);
      const { inspect } = process.getBuiltinModule('node:util');
      return (await arrived).map(message => inspect(message, { depth: 9 }));
    });
    const json = place.serialization === 'json';
    expect(shown).toEqual([
      "'wörld 🌍\\n\u2028'",
      "''",
      '0',
      '-1.5',
      'true',
      'false',
      'null',
      '{}',
      '[]',
      '{ deep: [ { a: null }, [ [] ] ] }',
      json ? "{ at: '1970-01-01T00:00:00.000Z' }" : '{ at: 1970-01-01T00:00:00.000Z, gone: undefined }',
      json ? "{ type: 'Buffer', data: [ 104, 105 ] }" : '<Buffer 68 69>',
      json ? 'null' : 'NaN',
      "{ cmd: 'NODE_' }",
      json ? '{}' : "Map(1) { 1 => Set(1) { 'x' } }",
    ]);
  });

  it.concurrent('throws what the serialization throws, at once, and stays usable', async () => {
    const { errors, last } = await place.run(module, async (end, { next, thrown }) => {
      const circular: Record<string, unknown> = {};
      circular['self'] = circular;
      const throwing = {
        get toJSON(): unknown {
          throw new RangeError('refused');
        },
      };
      const messages = [circular, { large: 1n }, throwing, { method() {} }, { symbol: Symbol('s') }];
      const told = messages.map(message => thrown(() => end.send(message)));
      const arrived = next(end, told.filter(error => error === 'nothing').length + 1);
      end.send('fine');
      return { errors: told, last: (await arrived).at(-1) };
    });
    const none = 'nothing';
    expect(last).toBe('fine');
    expect(errors).toEqual(
      place.serialization === 'json'
        ? [
            { name: 'TypeError', message: expect.stringContaining('Converting circular structure to JSON') },
            { name: 'TypeError', message: 'Do not know how to serialize a BigInt' },
            { name: 'RangeError', message: 'refused' },
            none,
            none,
          ]
        : [
            none,
            none,
            { name: 'RangeError', message: 'refused' },
            { name: 'Error', message: 'method() {} could not be cloned.' },
            { name: 'Error', message: 'Symbol(s) could not be cloned.' },
          ],
    );
  });

  it.concurrent('never calls back in the same tick', async () => {
    const order = await place.run(module, async end => {
      const log: string[] = [];
      await new Promise<void>(resolve => {
        process.nextTick(() => log.push('a tick from before'));
        end.send('message', () => {
          log.push('callback');
          resolve();
        });
        log.push('returned');
        void Promise.resolve().then(() => log.push('microtask'));
      });
      return log;
    });
    // Where an `await` precedes, microtasks come before ticks.
    expect(order.toSorted()).toEqual(['a tick from before', 'callback', 'microtask', 'returned']);
    expect(order[0]).toBe('returned');
    expect(order.indexOf('a tick from before')).toBeLessThan(order.indexOf('callback'));
  });
});

describe.each(MODULES_AT_PLACES)('send of %s, not connected, %s', (_module, _place, module, place) => {
  it.concurrent('returns false and tells ERR_IPC_CHANNEL_CLOSED on the next tick', async () => {
    const told = await place.run(module, async (end, { describe, thrown }) => {
      end.disconnect();
      const log: unknown[] = [];
      const errors: unknown[] = [];
      end.on('error', error => log.push('error') && errors.push(describe(error)));
      process.nextTick(() => log.push('a tick from before'));
      const callback = (...args: unknown[]) => {
        log.push('callback');
        errors.push(describe(args[0]));
      };
      log.push(end.send('with a callback', callback));
      log.push(end.send('without'));
      log.push(end.send(undefined, undefined, {}, callback)); // nobody looks at the message
      const options = thrown(() => end.send('never', undefined, 'no options'));
      await new Promise(setImmediate);
      return { log, errors, options };
    });
    expect(told).toEqual({
      log: [false, false, false, 'a tick from before', 'callback', 'error', 'callback'],
      errors: [closed, closed, closed],
      options: wrongType(
        `The "options" argument must be of type object. Received type string ('no options')`,
      ),
    });
  });
});
