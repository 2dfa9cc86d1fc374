import type { ChildProcess } from 'node:child_process';
import * as nodeModule from 'node:child_process';
import { once } from 'node:events';
import * as ourModule from 'deka-ipc/child_process';
import { describe, expect, it } from 'vitest';
import { eventsOf, forked, inParentProcess, NODE, OURS, tools } from '../support/faces.js';

// Where this library delivers what Node loses: one complaint each, with what Node does where that can be shown
// without luck. A socket of Linux takes about 200 KiB, so a message of a mebibyte cannot leave in one go.

const MIB = 1024 * 1024;

function messagesOf(child: ChildProcess): unknown[] {
  const messages: unknown[] = [];
  child.on('message', message => messages.push(message));
  return messages;
}

describe('what is queued when a child exits (nodejs/node#760, #6767, #36268, denoland/deno#33085)', () => {
  const program = () => {
    for (let id = 0; id < 8; id += 1) process.send?.({ id, pad: 'x'.repeat(1024 * 1024) });
    process.exit();
  };

  it('arrives', async () => {
    const child = forked(ourModule, program);
    const messages = messagesOf(child) as { id: number }[];
    await once(child, 'close');
    expect(messages.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('is lost by Node', async () => {
    const child = forked(nodeModule, program);
    const messages = messagesOf(child);
    await once(child, 'close');
    expect(messages.length).toBeLessThan(8);
  });
});

describe('what is queued when a parent exits (oven-sh/bun#37849)', () => {
  const program = (faces: Pick<typeof nodeModule, 'fork'>, run: string) => {
    const count = `() => {
      const ids = [];
      process.on('message', ({ id }) => ids.push(id));
      process.on('disconnect', () => process.stdout.write(JSON.stringify(ids)));
    }`;
    const child = faces.fork(run, [count], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    for (let id = 0; id < 8; id += 1) child.send({ id, pad: 'x'.repeat(1024 * 1024) });
    process.exit();
  };

  it('arrives', async () => {
    const { output } = await inParentProcess(OURS, program);
    expect(output).toBe('[0,1,2,3,4,5,6,7]');
  });

  it('is lost by Node', async () => {
    const { output } = await inParentProcess(NODE, program);
    expect(output).toBe('[]');
  });
});

describe('what is queued at disconnect() (nodejs/node#36268)', () => {
  const program = () => {
    const ids: number[] = [];
    process.on('message', message => ids.push((message as { id: number }).id));
    process.on('disconnect', () => process.stdout.write(JSON.stringify(ids)));
  };

  async function idsThatArrive(module: typeof nodeModule | typeof ourModule): Promise<string> {
    const child = forked(module, program, { silent: true });
    for (let id = 0; id < 8; id += 1) child.send({ id, pad: 'x'.repeat(MIB) });
    child.disconnect();
    let output = '';
    for await (const chunk of child.stdout ?? []) output += String(chunk);
    return output;
  }

  it('arrives', async () => {
    expect(await idsThatArrive(ourModule)).toBe('[0,1,2,3,4,5,6,7]');
  });

  it('is dropped by Node', async () => {
    expect(await idsThatArrive(nodeModule)).toBe('[]');
  });

  it('arrives from a child, too', async () => {
    const child = forked(ourModule, () => {
      for (let id = 0; id < 8; id += 1) process.send?.({ id, pad: 'x'.repeat(1024 * 1024) });
      process.disconnect();
    });
    const messages = messagesOf(child) as { id: number }[];
    await once(child, 'close');
    expect(messages.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe("'close' after a local disconnect (nodejs/node#19433)", () => {
  it('comes', async () => {
    const child = forked(ourModule, () => process.on('message', () => {}));
    const events = eventsOf(child);
    child.disconnect();
    await once(child, 'close');
    expect(events).toEqual(['spawn', 'disconnect', 'exit', 'close']);
  });

  it('never comes from Node', async () => {
    const child = forked(nodeModule, () => process.on('message', () => {}));
    const events = eventsOf(child);
    child.disconnect();
    await once(child, 'exit');
    await tools.turns(20);
    expect(events).toEqual(['spawn', 'disconnect', 'exit']);
  });
});

describe('messages that came before the first listener (nodejs/node#41134)', () => {
  const program = () => {
    process.on('disconnect', () => {});
    for (const message of [1, 2, 3]) process.send?.(message);
  };

  it('wait for as many listeners as it takes: once() is given one each', async () => {
    const child = forked(ourModule, program);
    await once(child, 'spawn');
    const messages: unknown[] = [];
    for (let count = 0; count < 3; count += 1) {
      messages.push((await once(child, 'message'))[0]);
      await tools.turns(); // nobody listens meanwhile
    }
    expect(messages).toEqual([1, 2, 3]);
    child.disconnect();
    await once(child, 'close');
  });

  it('are flooded over the first once() by Node: all but one are lost', async () => {
    const child = forked(nodeModule, program);
    const channel = child.channel as unknown as Record<symbol, unknown[]>;
    const pending = Object.getOwnPropertySymbols(channel).find(key => key.description === 'kPendingMessages');
    if (pending === undefined) throw new Error('this Node keeps pending messages elsewhere');
    await expect.poll(() => channel[pending]?.length, { interval: 5 }).toBe(3);
    expect(await once(child, 'message')).toEqual([1, undefined]);
    await tools.turns();
    expect(channel[pending]).toEqual([]);
    child.disconnect();
    await once(child, 'exit');
  });

  it('wait when their sender has gone, too', async () => {
    const child = forked(ourModule, () => {
      for (const message of [1, 2, 3]) process.send?.(message);
    });
    await once(child, 'close');
    const messages = messagesOf(child);
    await tools.turns();
    expect(messages).toEqual([1, 2, 3]);
  });

  it('are lost by Node when their sender has gone', async () => {
    const child = forked(nodeModule, () => {
      for (const message of [1, 2, 3]) process.send?.(message);
    });
    await once(child, 'close');
    const messages = messagesOf(child);
    await tools.turns();
    expect(messages).toEqual([]);
  });

  it('are met by a loop that awaits each of those that come together; Node loses some', async () => {
    const busy = () => {
      const { readSync } = process.getBuiltinModule('node:fs');
      const { once: next } = process.getBuiltinModule('node:events');
      const log: unknown[] = [];
      void (async () => {
        while (log.length < 3) log.push((await next(process, 'message'))[0]);
      })();
      process.on('disconnect', () => process.stdout.write(JSON.stringify(log)));
      readSync(0, Buffer.alloc(1)); // until all have come
      process.send?.('read');
    };
    const logs = [ourModule, nodeModule].map(async module => {
      const child = forked(module, busy, { silent: true });
      for (const message of [1, 2]) child.send(message);
      child.send(3, () => child.stdin?.end('x'));
      await once(child, 'message');
      child.disconnect();
      let output = '';
      for await (const chunk of child.stdout ?? []) output += String(chunk);
      return output;
    });
    expect(await Promise.all(logs)).toEqual(['[1,2,3]', '[1,2]']);
  });
});
