import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect as netConnect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unreadOf } from '../../src/transport/unread.js';

describe('a stream that is no socket', () => {
  it('yields what its own buffer holds', () => {
    const readable = new PassThrough();
    readable.write('one ');
    readable.write('two');
    expect(textOf(readable)).toBe('one two');
  });

  it('yields nothing when its buffer is empty', () => {
    expect(textOf(new PassThrough())).toBe('');
  });

  it('yields bytes even if it has an encoding', () => {
    const readable = new PassThrough({ encoding: 'utf8' });
    readable.write('漢');
    expect([...unreadOf(readable)]).toEqual([Buffer.from('漢')]);
  });

  it('does not flow any more', () => {
    const readable = new PassThrough().resume();
    expect(textOf(readable)).toBe('');
    expect(readable.isPaused()).toBe(true);
  });
});

describe('a socket', () => {
  it('yields what the kernel holds behind the dead peer, whatever its size', async () => {
    const [socket, peer] = await restingSockets();
    const text = 'x'.repeat(150_000);
    await new Promise<void>(resolve => peer.write(text, () => resolve()));
    peer.destroy();
    expect(textOf(socket)).toBe(text);
  });

  it('yields its own buffer before what the kernel holds', async () => {
    const [socket, peer] = await restingSockets();
    socket.unshift('first ');
    await new Promise<void>(resolve => peer.write('second', () => resolve()));
    expect(textOf(socket)).toBe('first second');
  });

  it('yields nothing while a live peer is silent', async () => {
    const [socket] = await restingSockets();
    expect(textOf(socket)).toBe('');
  });

  it('yields nothing once it is destroyed', async () => {
    const [socket, peer] = await restingSockets();
    await new Promise<void>(resolve => peer.write('too late', () => resolve()));
    socket.destroy();
    expect(textOf(socket)).toBe('');
  });
});

function textOf(readable: Parameters<typeof unreadOf>[0]): string {
  return Buffer.concat([...unreadOf(readable)]).toString();
}

/** Both ends of a Unix socket; nobody has read from the first one. */
async function restingSockets(): Promise<[Socket, Socket]> {
  const folder = mkdtempSync(join(tmpdir(), 'deka-'));
  const server = createServer({ pauseOnConnect: true });
  server.listen(join(folder, 's'));
  await once(server, 'listening');
  const peer = netConnect(join(folder, 's'));
  const [[socket]] = (await Promise.all([once(server, 'connection'), once(peer, 'connect')])) as [
    [Socket],
    unknown,
  ];
  onTestFinished(() => {
    for (const one of [socket, peer]) one.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return [socket, peer];
}
