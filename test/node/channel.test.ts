import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  forked,
  inParentProcess,
  MODULES,
  MODULES_AT_PLACES,
  path,
  printed,
  tools,
} from '../support/faces.js';

describe.each(MODULES_AT_PLACES)('channel of %s, %s', (_module, _place, module, place) => {
  it.concurrent('has ref(), unref() and a descriptor until it is closed', async () => {
    const told = await place.run(module, async (end, { turns }) => {
      const { channel } = end;
      if (channel === null) return 'no channel';
      const same = end.channel === channel;
      const returned = [String(channel.ref()), String(channel.unref()), String(channel.ref())];
      const { fd } = channel;
      const kind = [typeof fd, Number.isInteger(fd), fd >= 0];
      const disconnected = new Promise(resolve => end.once('disconnect', resolve));
      end.disconnect();
      const after = end.channel;
      await disconnected;
      await turns();
      return { same, returned, kind, after, closed: channel.fd < 0 };
    });
    expect(told).toEqual({
      same: true,
      returned: ['undefined', 'undefined', 'undefined'],
      kind: ['number', true, true],
      after: null,
      closed: true,
    });
  });
});

/** What a child does with its channel, and whether it then ends by itself or stays until its parent disconnects. */
const CHILDREN: readonly (readonly [what: string, staysOrEnds: 'stays' | 'ends', () => void])[] = [
  ['no listener', 'ends', () => {}],
  ["a listener of 'message'", 'stays', () => process.on('message', () => {})],
  ["a listener of 'disconnect'", 'stays', () => process.on('disconnect', () => {})],
  ["a listener of 'internalMessage'", 'ends', () => process.on('internalMessage' as 'message', () => {})],
  [
    'a listener that was removed',
    'ends',
    () => {
      const listener = () => {};
      process.on('message', listener).off('message', listener);
    },
  ],
  [
    'one of two listeners removed',
    'stays',
    () => {
      const listener = () => {};
      process.on('disconnect', () => {});
      process.on('message', listener).off('message', listener);
    },
  ],
  [
    'all listeners removed',
    'ends',
    () => {
      process.on('message', () => {}).on('message', () => {});
      process
        .on('disconnect', () => {})
        .removeAllListeners('disconnect')
        .removeAllListeners('message');
    },
  ],
  ['a message for once()', 'ends', () => process.once('message', () => {})],
  ['a message for on()', 'stays', () => process.on('message', () => {})],
  ['ref() and no listener', 'stays', () => process.channel?.ref()],
  [
    'unref() after a listener',
    'ends',
    () => {
      process.on('message', () => {});
      process.channel?.unref();
    },
  ],
  [
    'unref() before a listener',
    'ends',
    () => {
      process.channel?.unref();
      process.on('message', () => {}).on('disconnect', () => {});
    },
  ],
  [
    'ref() before a listener that was removed',
    'stays',
    () => {
      const listener = () => {};
      process.channel?.ref();
      process.on('message', listener).off('message', listener);
    },
  ],
  [
    'unref() and ref() again',
    'stays',
    () => {
      process.channel?.unref();
      process.channel?.ref();
    },
  ],
];

describe.each(MODULES)('the channel of a child of %s', (_name, module) => {
  it.concurrent.each(CHILDREN)('with %s: the child %s', async (what, staysOrEnds, act) => {
    const program = `() => {
      const { writeSync } = process.getBuiltinModule('node:fs');
      process.on('exit', () => writeSync(1, process.connected ? 'by itself' : 'by its parent'));
      (${act})();
      process.send('ready');
    }`;
    const child = module.fork(path('node-run.cjs'), [program], { silent: true });
    let output = '';
    child.stdout?.on('data', chunk => {
      output += String(chunk);
    });
    const closed = new Promise(resolve => child.stdout?.on('close', resolve));
    await once(child, 'message');
    if (what.startsWith('a message')) child.send('here it is');
    if (staysOrEnds === 'stays') {
      await tools.turns(50);
      child.disconnect();
    }
    await closed;
    expect(output).toBe(staysOrEnds === 'ends' ? 'by itself' : 'by its parent');
  });

  it.concurrent('holds the child while something is being written', async () => {
    const child = forked(module, () => process.send?.('x'.repeat(4 * 1024 * 1024)));
    const [message] = await once(child, 'message');
    expect(message).toHaveLength(4 * 1024 * 1024);
    await once(child, 'exit');
  });
});

describe.each(MODULES)('the channel of a parent of %s', name => {
  it.concurrent('holds the parent although the process is unreferenced, with a listener and without', async () => {
    const { output, errors } = await inParentProcess(name, (faces, run) => {
      const program = () => setTimeout(() => process.disconnect(), 50); // long enough for a parent that is not held
      const child = faces.fork(run, [String(program)]);
      child.unref();
      process.on('exit', () => console.log(child.connected ? 'too early' : 'disconnected'));
    });
    expect({ output, errors }).toEqual({ output: 'disconnected\n', errors: '' });
  });

  it.concurrent('does not hold it after unref()', async () => {
    const { output, errors } = await inParentProcess(name, (faces, run) => {
      const program = () => process.on('disconnect', () => {});
      const child = faces.fork(run, [String(program)]);
      child.on('message', () => {});
      child.on('disconnect', () => {});
      child.unref();
      child.channel?.unref();
      process.on('exit', () => console.log(child.connected));
    });
    expect({ output, errors }).toEqual({ output: 'true\n', errors: '' });
  });

  it.concurrent('holds it again after ref()', async () => {
    const { output, errors } = await inParentProcess(name, (faces, run) => {
      const program = () => setTimeout(() => process.send?.('late'), 50);
      const child = faces.fork(run, [String(program)]);
      child.on('message', message => console.log(message));
      child.unref();
      child.channel?.unref();
      child.channel?.ref();
    });
    expect({ output, errors }).toEqual({ output: 'late\n', errors: '' });
  });

  it.concurrent('is no more there for a child without one', async () => {
    const child = MODULES.find(([other]) => other === name)?.[1].spawn('true');
    expect([child?.connected, child?.channel, child?.send, child?.disconnect]).toEqual([
      false,
      undefined,
      undefined,
      undefined,
    ]);
    if (child !== undefined) await once(child, 'close');
  });
});

describe.each(MODULES)('process in a child of %s', (_name, module) => {
  it.concurrent('has the members that Node gives it', async () => {
    const program = () => {
      const before = ['connected', 'channel', 'send', 'disconnect'].map(key => [
        key,
        Object.hasOwn(process, key),
        typeof process[key as 'send'],
      ]);
      process.disconnect();
      const after = [
        typeof process.send,
        typeof process.disconnect,
        process.connected,
        String(process.channel),
      ];
      process.stdout.write(JSON.stringify({ before, after }));
    };
    expect(await printed(forked(module, program, { silent: true }))).toEqual({
      before: [
        ['connected', true, 'boolean'],
        ['channel', true, 'object'],
        ['send', true, 'function'],
        ['disconnect', true, 'function'],
      ],
      after: ['function', 'function', false, 'null'],
    });
  });
});
