import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fork as forkDropIn } from 'deka-ipc/child_process';
import { describe, expect, it } from 'vitest';
import { fixture, outputOf } from '../support/processes.js';

// parent() in a child that Node itself has forked: Node owns the descriptor.

const BOTH = ['json', 'advanced'] as const;

function forked(does: string, options: object = {}): ChildProcess {
  return fork(fixture('plain-fork'), [does], { silent: true, ...options });
}

async function close(child: ChildProcess): Promise<string> {
  child.disconnect();
  return await outputOf(child);
}

describe.each(BOTH)('parent() under a plain fork, %s', serialization => {
  it('carries messages both ways, in order', async () => {
    const child = forked('echo', { serialization });
    const sent = Array.from({ length: 1000 }, (_, id) => ({ id, pad: 'x'.repeat(id % 50) }));
    const arrived: unknown[] = [];
    const all = new Promise<void>(resolve => {
      child.on('message', message => {
        if (arrived.push(message) === sent.length) resolve();
      });
    });
    for (const message of sent) child.send(message);
    await all;
    expect(arrived).toEqual(sent);
    await close(child);
  });

  it('flushes, closes, and delivers what it sent', async () => {
    const child = forked('flush', { serialization });
    const arrived: unknown[] = [];
    child.on('message', message => arrived.push(message));
    const disconnected = once(child, 'disconnect');
    const output = await outputOf(child);
    await disconnected;
    expect(JSON.parse(output)).toEqual({
      closed: 'local',
      connected: false,
      sendThrows: 'ERR_CHANNEL_CLOSED',
      processConnected: false,
    });
    expect(arrived.map(message => (message as { id: number }).id)).toEqual([0, 1, 2, 3]);
  });

  it("ends with 'peer' when the parent disconnects", async () => {
    const child = forked('reason', { serialization });
    await once(child, 'message');
    expect(JSON.parse(await close(child))).toEqual({ closed: 'peer', messages: [] });
  });

  it('is paused without a consumer, and gives what came meanwhile to the next', async () => {
    const child = forked('late', { serialization });
    for (const message of [1, 2, 3]) child.send(message);
    expect(await once(child, 'message')).toEqual([[1], undefined]);
    child.send(4);
    expect(await once(child, 'message')).toEqual([[2, 3, 4], undefined]);
    expect(await close(child)).toBe('');
  });
});

describe('parent() under a plain fork', () => {
  it("carries what 'advanced' carries", async () => {
    const child = forked('echo', { serialization: 'advanced' });
    const message = new Map<unknown, unknown>([[1n, new Set([Buffer.from('hi')])]]);
    child.send(message as never);
    expect(await once(child, 'message')).toEqual([message, undefined]);
    await close(child);
  });

  it('does not deliver what is meant for Node', async () => {
    const child = forked('echo');
    child.send({ cmd: 'NODE_x' });
    child.send('message');
    expect(await once(child, 'message')).toEqual(['message', undefined]);
    await close(child);
  });

  it('lets a child end that consumes nothing', async () => {
    const child = forked('no-consumer');
    expect(await once(child, 'message')).toEqual(['leaving', undefined]);
    expect(JSON.parse(await outputOf(child))).toEqual({ connected: true });
  });

  it('lets a child end after unref(), and holds one after ref()', async () => {
    expect(JSON.parse(await outputOf(forked('unref')))).toEqual({ connected: true });
    const child = forked('ref');
    await once(child, 'message');
    expect(JSON.parse(await close(child))).toEqual({ connected: false });
  });

  it('throws ERR_ENCODE for what the runtime cannot send', async () => {
    const child = forked('encode');
    expect(await once(child, 'message')).toEqual([['ERR_ENCODE', 'ERR_ENCODE'], undefined]);
    await outputOf(child);
  });
});

describe('parent() under deka-ipc/child_process', () => {
  it.each([0, 3, 1000])('gets what a parent has sent that has left since: %i messages', async count => {
    const child = forkDropIn(fixture('plain-fork'), ['gone'], { silent: true });
    const sent = Array.from({ length: count }, (_, id) => ({ id }));
    for (const message of sent) child.send(message);
    expect(JSON.parse(await close(child))).toEqual({ has: true, messages: sent, closed: 'peer' });
  });
});

describe('hasParent()', () => {
  it.each([
    ['under a plain fork', () => forked('has'), true],
    ['under a spawn', () => spawn(process.execPath, [fixture('plain-fork').pathname, 'has']), false],
  ])('has no side effects: %s', async (_what, start, has) => {
    const before = { has: [has, has], channel: has, listeners: 0 };
    expect(JSON.parse(await outputOf(start()))).toEqual(before);
  });

  it('is false once the parent has disconnected, if parent() was not called', async () => {
    const child = forked('has-after');
    await once(child, 'message');
    expect(JSON.parse(await close(child))).toEqual({ has: false, code: 'ERR_NO_PARENT_CHANNEL' });
  });

  it('is false in a worker thread, where parent() throws ERR_NO_PARENT_CHANNEL', async () => {
    const child = forked('worker');
    const [message] = await once(child, 'message');
    expect(message).toEqual({
      has: false,
      code: 'ERR_NO_PARENT_CHANNEL',
      message: expect.stringContaining('worker thread'),
    });
    await outputOf(child);
  });

  it('is false with nothing, where parent() throws ERR_NO_PARENT_CHANNEL', async () => {
    const child = spawn(process.execPath, [fixture('plain-fork').pathname, 'nothing']);
    expect(JSON.parse(await text(child.stdout))).toEqual({ has: false, code: 'ERR_NO_PARENT_CHANNEL' });
  });
});
