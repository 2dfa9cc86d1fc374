// What once went wrong, and must not again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, connect as netConnect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromStreams } from '../../src/channel/open.js';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';
import { connectTransport } from '../../src/transport/connect.js';
import { FlushPolicy } from '../../src/transport/flush-policy.js';
import { listenTransports } from '../../src/transport/listen.js';
import { forkChild, spawnChild } from '../../src/transport/spawn.js';
import { streamTransport } from '../../src/transport/stream-transport.js';
import { unreadOf } from '../../src/transport/unread.js';
import { WriteQueue } from '../../src/transport/write-queue.js';
import { Writer } from '../../src/transport/writer.js';
import { collect } from '../support/collect.js';
import { alive, collectGarbage } from '../support/garbage.js';

describe('the flush policy', () => {
  it('lets the 17th message of a channel that writes once a turn leave at the end of its tick', async () => {
    let writes = 0;
    const policy = new FlushPolicy(() => {
      writes += 1;
      return 'under way';
    });
    for (let n = 1; n <= 40; n += 1) {
      await turn();
      policy.pushed(false);
      await new Promise(process.nextTick);
      expect(writes).toBe(n);
      policy.taken(false);
    }
  });
});

describe('the write queue', () => {
  it('lets go of the bytes of a batch that was taken, though the queue is never empty', async () => {
    const queue = new WriteQueue(1);
    const taken: WeakRef<object>[] = [];
    queue.push(Buffer.alloc(100_000), 1);
    for (let n = 0; n < 500; n += 1) {
      queue.push(Buffer.alloc(100_000), 1);
      const batch = queue.shift();
      if (typeof batch?.data === 'object') taken.push(new WeakRef(batch.data));
    }
    await collectGarbage();
    expect(queue.bytes).toBe(100_000);
    expect(taken).toHaveLength(500);
    expect(alive(taken)).toBeLessThan(10);
  });
});

describe('the writer', () => {
  it('reports a transport that throws as one that did not take the batch', async () => {
    const transport = new ScriptedTransport('by hand');
    transport.write = () => {
      throw new Error('boom');
    };
    const failed = new Promise(resolve => {
      const limits = {
        highWaterMarkBytes: 1e6,
        lowWaterMarkBytes: 0,
        maxQueueBytes: 1e6,
        maxBatchBytes: 1,
        exitDrainMs: 0,
      };
      new Writer(transport, limits, { onTaken() {}, onDrain() {}, onWriteError: resolve }).push('a', 1);
    });
    expect(await failed).toEqual(new Error('boom'));
  });
});

describe('a stream that others destroy', () => {
  let sockets: Socket[];

  beforeEach(async () => {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const left = netConnect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    const [right] = (await once(server, 'connection')) as [Socket];
    server.close();
    sockets = [left, right];
  });

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
  });

  it('does not make a success of the write that was under way', async () => {
    const [left] = sockets as [Socket];
    const channel = fromStreams<string, string>(left, left);
    const told = new Promise(resolve => channel.send('x'.repeat(32 * 1024 * 1024), resolve));
    const flushed = channel.flush();
    await turn();
    left.destroy();
    await expect(flushed).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    expect(await told).toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
  });

  it('answers a write that its stream never answers', async () => {
    const there = new PassThrough();
    const transport = streamTransport(new PassThrough(), there);
    const taken = new Promise(resolve => transport.write(Buffer.alloc(1 << 20), resolve));
    there.destroy();
    expect(await taken).toMatchObject({ code: 'EPIPE' });
  });

  it('tells a subscriber who comes afterwards that it is over', async () => {
    const gone = new PassThrough();
    gone.destroy();
    await once(gone, 'close');
    expect(await collect(streamTransport(gone, new PassThrough()).bytes$).completed).toEqual([]);
  });

  it('is not read out below a stream that decrypts', () => {
    class TlsLike extends PassThrough {
      readonly _handle = { fd: 0 };
    }
    expect([...unreadOf(new TlsLike())]).toEqual([]);
  });
});

describe('listening', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deka-'));
    path = join(folder, 's');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('gives a stale socket to one of two that ask for it at once', async () => {
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const dead = spawn(process.execPath, ['-e', script]);
    await once(dead.stdout, 'data');
    dead.kill('SIGKILL');
    await once(dead, 'exit');
    const ask = () => listenTransports(path, () => {}, Number.POSITIVE_INFINITY);
    const answers = await Promise.allSettled([ask(), ask()]);
    const [lost] = answers.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(lost?.reason).toMatchObject({ code: 'ERR_SOCKET_PATH' });
    const [won] = answers.filter(({ status }) => status === 'fulfilled');
    if (won?.status === 'fulfilled') won.value.close();
    expect(won).toBeDefined();
  });

  it('frees its address at once, though a connection lives', async () => {
    const first = await listenTransports(path, () => {}, Number.POSITIVE_INFINITY);
    const client = await connectTransport(path);
    first.close();
    const second = await listenTransports(path, () => {}, Number.POSITIVE_INFINITY);
    second.close();
    client.destroy();
  });

  it.each([70_000, -1, 1.5, Number.NaN])('rejects the port %d with ERR_INVALID_OPTION', async port => {
    const wrong = { code: 'ERR_INVALID_OPTION' };
    await expect(listenTransports({ port }, () => {}, 1)).rejects.toMatchObject(wrong);
    await expect(connectTransport({ port })).rejects.toMatchObject(wrong);
  });
});

describe('starting a child', () => {
  it.each([
    ['through a file as a folder', '/etc/passwd/x', []],
    ['with arguments that are too long', 'true', ['x'.repeat(3_000_000)]],
  ])('%s is ERR_TRANSPORT', (_what, command, args) => {
    expect(() => spawnChild(command, args, {})).toThrow(expect.objectContaining({ code: 'ERR_TRANSPORT' }));
  });

  it('takes stdio: undefined for the default of fork', async () => {
    const child = forkChild('/dev/null', [], { stdio: undefined });
    expect(child.process.stdout).toBeNull();
    await child.exited;
  });
});
