import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  movedToOneBuffer,
  oneBufferSocket,
  pause,
  readInto,
  resume,
  takeChunks,
} from '../../src/transport/one-buffer.js';

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

  it('reads to where it is told, and back into its own memory', async () => {
    const { accepted, socket } = await connected(connectOurs);
    const own = Buffer.alloc(3);
    const chunks: string[] = [];
    const places: boolean[] = [];
    readInto(socket, () => (chunks.join('') === 'a' ? own : undefined));
    takeChunks(socket, chunk => {
      chunks.push(Buffer.from(chunk).toString());
      places.push(chunk.buffer === own.buffer);
    });
    accepted.write('a');
    await vi.waitFor(() => expect(chunks).toHaveLength(1));
    accepted.write('bcdef');
    await vi.waitFor(() => expect(chunks.join('')).toBe('abcdef'));
    expect([chunks, places]).toEqual([
      ['a', 'bcd', 'ef'],
      [false, true, false],
    ]);
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

  it('lets others have a turn when a flood comes in', async () => {
    const { accepted, socket } = await connected(connectOurs);
    const flood = Buffer.alloc(4 * 1024 * 1024);
    const turns = turnMeter();
    let all = 0;
    takeChunks(socket, chunk => {
      all += chunk.length;
      turns.read(chunk.length);
      // The peer is as fast as this side: without it, the kernel would have nothing more to give.
      while (all < flood.length && accepted.writableLength < 256 * 1024)
        accepted.write(flood.subarray(0, 65_536));
    });
    accepted.write(flood.subarray(0, 65_536));
    await vi.waitFor(() => expect(all).toBeGreaterThanOrEqual(flood.length));
    expect(turns.most).toBeLessThanOrEqual(192 * 1024);
    socket.destroy();
  });

  it('lets others have a turn when many floods come in at once', async () => {
    const links: Awaited<ReturnType<typeof connected>>[] = [];
    while (links.length < 8) links.push(await connected(connectOurs));
    const flood = Buffer.alloc(1024 * 1024);
    const got = links.map(() => 0);
    const turns = turnMeter();
    for (const [index, { accepted, socket }] of links.entries()) {
      takeChunks(socket, chunk => {
        got[index] = (got[index] ?? 0) + chunk.length;
        turns.read(chunk.length, Math.min(...got) > 128 * 1024); // all of them flood
      });
      accepted.write(flood);
    }
    await vi.waitFor(() => expect(got).toEqual(links.map(() => flood.length)));
    expect(turns.most).toBeGreaterThan(0);
    expect(turns.most).toBeLessThan(4 * 128 * 1024); // a share, and what those read who had nothing when it was their turn
    for (const { socket } of links) socket.destroy();
  });

  it('reads nothing out of turn when it is paused and resumed while it rests', async () => {
    const { accepted, socket } = await connected(connectOurs);
    const flood = Buffer.alloc(1024 * 1024);
    const turns = turnMeter();
    let all = 0;
    takeChunks(socket, chunk => {
      all += chunk.length;
      turns.read(chunk.length);
      pause(socket);
      process.nextTick(resume, socket);
      if (all < flood.length) accepted.write(flood.subarray(0, 65_536));
    });
    accepted.write(flood.subarray(0, 256 * 1024));
    await vi.waitFor(() => expect(all).toBeGreaterThanOrEqual(flood.length));
    expect(turns.most).toBeLessThanOrEqual(192 * 1024);
    socket.destroy();
  });

  it('stays paused when it was paused while it rested', async () => {
    const { accepted, socket } = await connected(connectOurs);
    let all = 0;
    takeChunks(socket, chunk => {
      all += chunk.length;
      if (all >= 128 * 1024) pause(socket);
    });
    await new Promise<void>(resolve => {
      accepted.write(Buffer.alloc(1024 * 1024));
      socket.once('pause', resolve);
    });
    const before = all;
    for (let n = 0; n < 5; n += 1) await new Promise(resolve => setImmediate(resolve));
    expect(all).toBe(before);
    socket.destroy();
    accepted.destroy();
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

/** The most that was read in one turn of the event loop, of what counts. */
function turnMeter() {
  const meter = { most: 0, read };
  let inTurn = 0;
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  nextTurn();
  return meter;

  function read(bytes: number, counts = true): void {
    inTurn += bytes;
    if (counts) meter.most = Math.max(meter.most, inTurn);
  }

  function nextTurn(): void {
    inTurn = 0;
    if (!isOver) setImmediate(nextTurn);
  }
}
