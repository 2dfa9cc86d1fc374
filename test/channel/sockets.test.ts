import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel } from '../../src/channel/channel.js';
import { type ChannelServer, connect, listen, UNCLAIMED_CHANNELS } from '../../src/channel/sockets.js';
import { collect, turns } from '../support/collect.js';

let folder: string;
let path: string;
let server: ChannelServer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deka-'));
  path = join(folder, 's');
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** Answers every message with itself, on every connection. */
function echoing(echo: ChannelServer): ChannelServer {
  echo.channels$.subscribe(channel => void channel.sendAll(channel).catch(() => {}));
  return echo;
}

async function answer(channel: Channel, message: unknown): Promise<unknown> {
  const answered = firstValueFrom(channel.messages$);
  channel.send(message);
  return answered;
}

describe('listen and connect', () => {
  it.each([
    ['a path', () => path],
    ['a path in an object', () => ({ path })],
    ['a port of the system', () => ({ port: 0 })],
    ['a host and a port', () => ({ host: '127.0.0.1', port: 0 })],
  ])('carry messages both ways over %s', async (_what, address) => {
    server = echoing(await listen(address()));
    const client = await connect(server.address);
    expect(await answer(client, { id: 1 })).toEqual({ id: 1 });
    await client.close();
    expect(await client.closed).toBe('local');
  });

  it('give each client a channel of its own', async () => {
    server = echoing(await listen(path));
    const clients = await Promise.all([connect(path), connect(path), connect(path)]);
    expect(await Promise.all(clients.map((client, id) => answer(client, id)))).toEqual([0, 1, 2]);
    await Promise.all(clients.map(client => client.close()));
  });

  it('keep a connection, and what it sent, for the first subscriber of channels$', async () => {
    server = await listen(path);
    const client = await connect(path);
    client.send('early');
    await client.flush();
    const channel = await firstValueFrom(server.channels$);
    expect(await firstValueFrom(channel.messages$)).toBe('early');
    await client.close();
  });

  it('keep the others of those who wait for a subscriber that takes one', async () => {
    server = await listen(path);
    const clients = await Promise.all(['a', 'b'].map(() => connect(path)));
    await turns();
    for (const client of clients) {
      const channel = await firstValueFrom(server.channels$);
      channel.send('taken');
      expect(await firstValueFrom(client.messages$)).toBe('taken');
      await client.close();
    }
  });

  it('turn away who comes while too many wait for a first subscriber', async () => {
    server = await listen(path);
    const waiting = await Promise.all(Array.from({ length: UNCLAIMED_CHANNELS }, () => connect(path)));
    const late = await connect(path);
    expect(await late.closed).toBe('peer');
    expect(waiting.every(({ connected }) => connected)).toBe(true);
    const { values } = collect(server.channels$);
    expect(values.length).toBe(UNCLAIMED_CHANNELS);
    await Promise.all(waiting.map(channel => channel.close()));
  });

  it('refuse a connection past maxConnections, and take the next one after one has left', async () => {
    server = echoing(await listen(path, { maxConnections: 1 }));
    const first = await connect(path);
    await answer(first, 'up');
    const refused = await connect(path);
    expect(await refused.closed).toBe('peer');
    await first.close();
    const next = await connect(path);
    expect(await answer(next, 'again')).toBe('again');
    await next.close();
  });

  it('use the options for the channels of both sides', async () => {
    server = await listen(path, { maxFrameBytes: 100 });
    const client = await connect(path);
    const channel = await firstValueFrom(server.channels$);
    const failure = firstValueFrom(channel.failures$);
    channel.messages$.subscribe();
    client.send('x'.repeat(200));
    expect(await failure).toMatchObject({ code: 'ERR_FRAME_TOO_LARGE' });
    await client.close();
  });

  it('reject bad options before anything is opened', async () => {
    const wrong = { highWaterMarkBytes: -1 };
    await expect(listen(path, wrong)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' });
    await expect(connect(path, wrong)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' });
    await expect(listen(path, { maxConnections: -1 })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' });
  });
});

describe('ChannelServer.close', () => {
  it('ends every channel after what was queued, completes channels$ and frees the address', async () => {
    server = await listen(path);
    const channels = collect(server.channels$);
    const client = await connect(path);
    const messages = collect(client.messages$);
    const channel = channels.values[0] ?? (await firstValueFrom(server.channels$));
    channel.send('last words');
    await server.close();
    expect(await messages.completed).toEqual(['last words']);
    expect(await client.closed).toBe('peer');
    expect(await channels.completed).toHaveLength(1);
    server = await listen(path);
  });

  it('closes a connection that nobody asked for', async () => {
    server = await listen(path);
    const client = await connect(path);
    await server[Symbol.asyncDispose]();
    expect(await client.closed).toBe('peer');
  });
});
