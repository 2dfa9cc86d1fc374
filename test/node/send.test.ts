import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { MODULES, MODULES_AT_PLACES, NODE, PLACES, path, tools } from '../support/faces.js';

const closed = { name: 'Error', code: 'ERR_IPC_CHANNEL_CLOSED', message: 'Channel closed' };
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

  it.concurrent('throws ERR_INVALID_ARG_TYPE for options that are no object', async () => {
    const told = await place.run(module, async (end, { next, thrown }) => {
      const wrong = [null, 'text', 1, true, [], Symbol('s'), 1n];
      const errors = wrong.map(options => thrown(() => end.send('never', undefined, options)));
      const arrived = next(end, 1);
      end.send('fine');
      return { errors, arrived: await arrived };
    });
    const received = [
      'null',
      "type string ('text')",
      'type number (1)',
      'type boolean (true)',
      'an instance of Array',
      'type symbol (Symbol(s))',
      'type bigint (1n)',
    ];
    expect(told).toEqual({
      errors: received.map(of => wrongType(`The "options" argument must be of type object. Received ${of}`)),
      arrived: ['fine'],
    });
  });

  it.concurrent('throws ERR_MISSING_ARGS for undefined, ERR_INVALID_ARG_TYPE for what is no message', async () => {
    const told = await place.run(module, async (end, { next, thrown }) => {
      function named() {}
      const wrong = [undefined, 1n, Symbol('s'), named, () => {}, class Kind {}];
      const errors = [
        thrown(() => end.send()),
        ...wrong.map(message => thrown(() => end.send(message, () => {}))),
        thrown(() => end.send(1n, 'no handle either')),
      ];
      const arrived = next(end, 1);
      end.send('fine');
      return { errors, arrived: await arrived };
    });
    const missing = {
      name: 'TypeError',
      code: 'ERR_MISSING_ARGS',
      message: 'The "message" argument must be specified',
    };
    const received = [
      'type bigint (1n)',
      'type symbol (Symbol(s))',
      'function named',
      'function ',
      'function Kind',
      'type bigint (1n)',
    ];
    expect(told).toEqual({
      errors: [
        missing,
        missing,
        ...received.map(of =>
          wrongType(
            `The "message" argument must be one of type string, object, number, or boolean. Received ${of}`,
          ),
        ),
      ],
      arrived: ['fine'],
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

  it.concurrent('throws ERR_INVALID_HANDLE_TYPE for a handle that is none', async () => {
    const told = await place.run(module, async (end, { next, thrown }) => {
      const wrong = [{}, [], 'text', 1, true, Symbol('s'), new Date(0)];
      const errors = wrong.map(handle => thrown(() => end.send('never', handle, () => {})));
      const nothing = [null, undefined, 0, '', false];
      const arrived = next(end, nothing.length);
      for (const handle of nothing) end.send(String(handle), handle);
      return { errors, arrived: await arrived };
    });
    expect(told).toEqual({
      errors: Array(7).fill({
        name: 'TypeError',
        code: 'ERR_INVALID_HANDLE_TYPE',
        message: 'This handle type cannot be sent',
      }),
      arrived: ['null', 'undefined', '0', '', 'false'],
    });
  });

  it.concurrent('returns false while a backlog of 128 KiB waits, and calls back once it is gone', async () => {
    const told = await place.run(module, async (end, { next }) => {
      const arrived = next(end, 3);
      const before = end.send('small');
      const large = 'x'.repeat(2 * 1024 * 1024);
      let under: boolean | undefined;
      const error = await new Promise(resolve => {
        under = end.send(large, resolve);
      });
      const [, echo] = await Promise.all([end.send('again'), arrived]);
      return { before, under, error, after: end.send('small'), whole: echo[1] === large };
    });
    expect(told).toEqual({ before: true, under: false, error: null, after: true, whole: true });
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

describe.each(MODULES)('send of %s to a child that does not read', (_name, module) => {
  it('accepts at least 128 KiB before it returns false, and calls back when the child goes on', async () => {
    const child = module.fork(path('node-echo.cjs'));
    child.send('up');
    await once(child, 'message');
    child.kill('SIGSTOP');
    const piece = 'x'.repeat(16 * 1024);
    let accepted = 0;
    let called: unknown = 'not called';
    const [last] = await new Promise<[Promise<unknown>]>(resolve => {
      const send = () => {
        let settle: (error: unknown) => void = () => {};
        const settled = new Promise(done => {
          settle = done;
        });
        accepted += piece.length;
        const room = child.send(piece, error => {
          if (!room) called = error;
          settle(error);
        });
        if (room) setImmediate(send);
        else resolve([settled]);
      };
      send();
    });
    expect(accepted).toBeGreaterThanOrEqual(128 * 1024);
    expect(accepted).toBeLessThan(2 * 1024 * 1024);
    expect(child.send('more')).toBe(false);
    await tools.turns();
    expect(called).toBe('not called');
    child.kill('SIGCONT');
    expect(await last).toBeNull();
    child.disconnect();
    await once(child, 'exit');
  });
});

describe('the places', () => {
  it('are the same for both modules', () => {
    expect(MODULES_AT_PLACES.filter(([name]) => name === NODE)).toHaveLength(PLACES.length);
  });
});
