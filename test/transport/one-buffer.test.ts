import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { movedToOneBuffer, oneBufferSocket, takeChunks } from '../../src/transport/one-buffer.js';

let folder: string;
let server: Server;
let path: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'deka-'));
  path = join(folder, 's');
  server = createServer().listen(path);
  await once(server, 'listening');
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe('a socket that reads into one buffer', () => {
  it('lends the same memory for each chunk', async () => {
    const { accepted, socket } = await connected(connectOurs);
    const memory = new Set<ArrayBufferLike>();
    let text = '';
    takeChunks(socket, chunk => {
      memory.add(chunk.buffer);
      text += Buffer.from(chunk).toString();
    });
    for (const part of ['a', 'b', 'c']) {
      accepted.write(part);
      await vi.waitFor(() => expect(text.at(-1)).toBe(part));
    }
    expect([text, memory.size]).toEqual(['abc', 1]);
    socket.destroy();
  });

  it('keeps what comes before anybody takes it, and reads no more until then', async () => {
    const { accepted, socket } = await connected(connectOurs);
    await new Promise<void>(resolve => accepted.write('early', () => resolve()));
    await vi.waitFor(() => expect(socket.bytesRead).toBe(5));
    await new Promise<void>(resolve => accepted.write('late', () => resolve()));
    const chunks: string[] = [];
    takeChunks(socket, chunk => chunks.push(Buffer.from(chunk).toString()));
    expect(chunks).toEqual(['early']);
    socket.resume();
    await vi.waitFor(() => expect(chunks).toEqual(['early', 'late']));
    socket.destroy();
  });

  it('is what a socket is moved to, which closes with it', async () => {
    const { accepted, socket: shell } = await connected(() => connect(path));
    const moved = movedToOneBuffer(shell);
    const chunks: string[] = [];
    takeChunks(moved, chunk => chunks.push(Buffer.from(chunk).toString()));
    accepted.write('through');
    await vi.waitFor(() => expect(chunks).toEqual(['through']));
    const closed = once(shell, 'close');
    moved.destroy();
    await closed;
    expect(shell.destroyed).toBe(true);
  });

  it('is not what any other stream is', () => {
    expect(takeChunks(new PassThrough(), () => {})).toBe(false);
  });
});

function connectOurs(): Socket {
  return oneBufferSocket(onread => connect({ path, ...onread }));
}

async function connected(make: () => Socket): Promise<{ accepted: Socket; socket: Socket }> {
  const incoming = once(server, 'connection');
  const socket = make();
  await once(socket, 'connect');
  const [accepted] = (await incoming) as [Socket];
  accepted.on('error', () => {}); // its peer may be gone by the end of the test
  return { accepted, socket };
}
