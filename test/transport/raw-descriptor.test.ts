import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer, connect as netConnect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { childIpcRead, childIpcSend } from '../../src/raw.js';
import { descriptorsInUse, readLine, sendLine } from '../../src/transport/raw-descriptor.js';
import { RawLines } from '../../src/transport/raw-lines.js';
import { code } from '../support/errors.js';

/** Every wait for a descriptor that is not ready: how long, and what a test does when it begins. */
const waits = vi.hoisted(() => ({ ms: [] as number[], begun: (_count: number) => {} }));

vi.mock('node:timers/promises', async original => {
  const timers = await original<typeof import('node:timers/promises')>();
  function setTimeout(ms: number): Promise<void> {
    waits.ms.push(ms);
    waits.begun(waits.ms.length);
    return timers.setTimeout(0);
  }
  return { ...timers, setTimeout };
});

afterEach(() => {
  waits.ms = [];
  waits.begun = () => {};
});

const onLinux = it.runIf(process.platform === 'linux');
const LONG = 'grün '.repeat(1_600_000);

describe('sending', () => {
  it('adds the line break, and resolves with nothing', async () => {
    const { fd, peer } = await socketFd();
    expect(await childIpcSend(fd, '{"grüße":1}')).toBeUndefined();
    expect(await received(peer, 1)).toBe('{"grüße":1}\n');
  });

  it('sends an empty text as an empty line', async () => {
    const { fd, peer } = await socketFd();
    await sendLine(fd, '');
    expect(await received(peer, 1)).toBe('\n');
  });

  it('keeps the order of many calls at once, through a full kernel', async () => {
    const { fd, peer } = await socketFd();
    const texts = Array.from({ length: 500 }, (_, n) => `${n} ${'x'.repeat(2000)}`);
    waits.begun = () => peer.resume();
    const arriving = received(peer, texts.length, 'paused');
    await Promise.all(texts.map(line => sendLine(fd, line)));
    expect(await arriving).toBe(texts.map(line => `${line}\n`).join(''));
    expect(waits.ms).not.toEqual([]);
  });

  it('gets 8 MB past a reader that is slow', async () => {
    const { fd, peer } = await socketFd();
    waits.begun = count => count === 3 && peer.resume();
    const arriving = received(peer, 1, 'paused');
    await sendLine(fd, LONG);
    expect((await arriving) === `${LONG}\n`).toBe(true);
  });

  it('waits longer and longer for a reader, up to 32 ms, and from 1 ms again once it has read', async () => {
    const { fd, peer } = await socketFd();
    const again = deferred<void>();
    waits.begun = count => {
      if (count === 8) peer.once('data', () => peer.pause()).resume();
      if (count > 8 && waits.ms.at(-1) === 1) again.resolve();
    };
    const sent = sendLine(fd, LONG);
    await again.promise;
    expect(waits.ms.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 32, 32]);
    peer.resume();
    await sent;
  });

  it('leaves the descriptor open and usable', async () => {
    const { fd, peer } = await socketFd();
    await sendLine(fd, 'one');
    expect(fs.fstatSync(fd).isSocket()).toBe(true);
    fs.writeSync(fd, 'two\n');
    expect(await received(peer, 2)).toBe('one\ntwo\n');
  });

  it('writes to a file where the last call stopped', async () => {
    const path = temporaryFile('');
    const fd = openAt(path, 'w');
    await Promise.all([sendLine(fd, 'one'), sendLine(fd, 'two')]);
    expect(fs.readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  it.each([
    '\n',
    'two\nlines',
    'ended\n',
    undefined,
    7,
  ])('refuses %j with ERR_ENCODE, and writes nothing', async line => {
    const { fd, peer } = await socketFd();
    await expect(childIpcSend(fd, line as string)).rejects.toThrow(code('ERR_ENCODE'));
    await sendLine(fd, 'next');
    expect(await received(peer, 1)).toBe('next\n');
  });

  it('rejects with ERR_CHANNEL_CLOSED once the reader is gone, each call', async () => {
    const { fd, peer } = await socketFd();
    peer.destroy();
    await once(peer, 'close');
    const [first, second] = [sendLine(fd, 'one'), sendLine(fd, 'two')];
    await expect(first).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED', cause: { code: 'EPIPE' } });
    await expect(second).rejects.toThrow(code('ERR_CHANNEL_CLOSED'));
    expect(fs.fstatSync(fd).isSocket()).toBe(true);
  });

  onLinux('rejects with ERR_TRANSPORT and the cause when the disk is full', async () => {
    const fd = openAt('/dev/full', 'w');
    await expect(sendLine(fd, 'one')).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      message: expect.stringContaining('Could not write'),
      cause: { code: 'ENOSPC' },
    });
  });
});

describe('reading', () => {
  it('gives a line without its line break, and only one', async () => {
    const { fd, peer } = await socketFd();
    peer.write('one\ntwo\n');
    expect(await childIpcRead(fd)).toEqual({ message: 'one' });
    expect(await childIpcRead(fd)).toEqual({ message: 'two' });
  });

  it('waits for the rest of a line, longer and longer up to 32 ms', async () => {
    const { fd, peer } = await socketFd();
    peer.write('be');
    waits.begun = count => count === 8 && peer.write('gun\n');
    expect(await readLine(fd)).toBe('begun');
    expect(waits.ms).toEqual(expect.arrayContaining([1, 2, 4, 8, 16, 32]));
    expect(Math.max(...waits.ms)).toBe(32);
  });

  it('serves calls in their order', async () => {
    const { fd, peer } = await socketFd();
    const reading = Promise.all([readLine(fd), readLine(fd), readLine(fd), readLine(fd)]);
    peer.write('one\ntwo\n');
    peer.end('three\n');
    expect(await reading).toEqual(['one', 'two', 'three', null]);
  });

  it('gives empty lines, and keeps a carriage return', async () => {
    const fd = openAt(temporaryFile('\n\r\n\n'), 'r');
    expect(await readAll(fd)).toEqual(['', '\r', '']);
  });

  it('gives null at the end of file, and again', async () => {
    const fd = openAt(temporaryFile('one\n'), 'r');
    expect(await childIpcRead(fd)).toEqual({ message: 'one' });
    expect(await childIpcRead(fd)).toEqual({ message: null });
    expect(await childIpcRead(fd)).toEqual({ message: null });
  });

  it('delivers a last line that nothing ends, once', async () => {
    const { fd, peer } = await socketFd();
    peer.end('one\nlast');
    expect(await readAll(fd)).toEqual(['one', 'last']);
    expect(await readLine(fd)).toBeNull();
  });

  it('gets 8 MB whole', async () => {
    const { fd, peer } = await socketFd();
    peer.end(`${LONG}\nnext\n`);
    expect((await readLine(fd)) === LONG).toBe(true);
    expect(await readAll(fd)).toEqual(['next']);
  });

  it('loses no byte of 20 000 lines', async () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `${n} 漢字`);
    const fd = openAt(temporaryFile(lines.map(line => `${line}\n`).join('')), 'r');
    expect(await readAll(fd)).toEqual(lines);
  });

  it('keeps half a character for the next call, wherever it is cut', async () => {
    const { fd, peer } = await socketFd();
    const bytes = Buffer.from('ü漢👩‍👧\n');
    for (let cut = 0; cut < bytes.length; cut += 1) {
      await written(peer, Buffer.concat([Buffer.from('before\n'), bytes.subarray(0, cut)]));
      expect(await readLine(fd)).toBe('before');
      peer.write(bytes.subarray(cut));
      expect(await readLine(fd)).toBe('ü漢👩‍👧');
    }
  });

  it('rejects a line that is not UTF-8 with ERR_DECODE, and gives the next one', async () => {
    const { fd, peer } = await socketFd();
    peer.write(Buffer.from([0x6f, 0x6e, 0x65, 0x0a, 0xc3, 0x28, 0x0a, 0x74, 0x77, 0x6f, 0x0a, 0xe6, 0xbc]));
    peer.end();
    expect(await readLine(fd)).toBe('one');
    await expect(childIpcRead(fd)).rejects.toThrow(code('ERR_DECODE'));
    expect(await readLine(fd)).toBe('two');
    await expect(readLine(fd)).rejects.toThrow(code('ERR_DECODE')); // cut off in the middle of a character
    expect(await readLine(fd)).toBeNull();
  });

  it('rejects a line over 256 MiB with ERR_FRAME_TOO_LARGE, and gives the next one', async () => {
    const path = temporaryFile('');
    fs.truncateSync(path, 256 * 1024 * 1024 + 1); // a hole: it takes no room on the disk
    fs.appendFileSync(path, `${'x'.repeat(100_000)}\nnext\n`);
    const fd = openAt(path, 'r');
    await expect(readLine(fd)).rejects.toThrow(code('ERR_FRAME_TOO_LARGE'));
    expect(await readAll(fd)).toEqual(['next']);
  });

  onLinux('rejects with ERR_CHANNEL_CLOSED when the peer died without reading', async () => {
    const { fd, peer } = await socketFd();
    await sendLine(fd, 'unread');
    await written(peer, 'one\ncut');
    peer.destroy();
    await once(peer, 'close');
    expect(await readLine(fd)).toBe('one');
    await expect(readLine(fd)).rejects.toMatchObject({
      code: 'ERR_CHANNEL_CLOSED',
      cause: { code: 'ECONNRESET' },
    });
    expect(await readAll(fd)).toEqual(['cut']);
  });

  it('reads while a call to send waits, and the other way round', async () => {
    const { fd, peer } = await socketFd();
    const arriving = received(peer, 2, 'paused');
    const sent = sendLine(fd, LONG);
    const reading = readLine(fd);
    peer.write('meanwhile\n');
    expect(await reading).toBe('meanwhile');
    const behind = sendLine(fd, 'behind'); // still behind the first, though a read has ended between them
    const first = readLine(fd);
    peer.resume();
    await Promise.all([sent, behind]);
    expect((await arriving) === `${LONG}\nbehind\n`).toBe(true);
    const second = readLine(fd);
    peer.write('first\nsecond\n');
    expect(await Promise.all([first, second])).toEqual(['first', 'second']);
  });
});

describe('what is no descriptor', () => {
  it.each([-1, 3.5, Number.NaN, 2 ** 31, '3', undefined, null])('%j is ERR_BAD_CHANNEL_FD', async fd => {
    await expect(childIpcSend(fd as number, 'x')).rejects.toThrow(code('ERR_BAD_CHANNEL_FD'));
    await expect(childIpcRead(fd as number)).rejects.toThrow(code('ERR_BAD_CHANNEL_FD'));
  });

  it('a closed one is ERR_BAD_CHANNEL_FD with its cause', async () => {
    const fd = fs.openSync(import.meta.filename, 'r');
    fs.closeSync(fd);
    const expected = { code: 'ERR_BAD_CHANNEL_FD', cause: { code: 'EBADF' } };
    await expect(sendLine(fd, 'x')).rejects.toMatchObject(expected);
    await expect(readLine(fd)).rejects.toMatchObject(expected);
  });

  it('a directory is ERR_BAD_CHANNEL_FD, and so is one opened for the other direction', async () => {
    const folder = openAt(tmpdir(), 'r');
    const [readable, writable] = [openAt(temporaryFile(''), 'r'), openAt(temporaryFile(''), 'w')];
    await expect(readLine(folder)).rejects.toThrow(code('ERR_BAD_CHANNEL_FD'));
    await expect(sendLine(readable, 'x')).rejects.toThrow(code('ERR_BAD_CHANNEL_FD'));
    await expect(readLine(writable)).rejects.toThrow(code('ERR_BAD_CHANNEL_FD'));
  });

  it('a socket that only listens is ERR_BAD_CHANNEL_FD', async () => {
    const server = createServer().listen(join(temporaryFolder(), 's'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    await expect(readLine(handleOf(server).fd)).rejects.toThrow(code('ERR_BAD_CHANNEL_FD'));
    await expect(sendLine(handleOf(server).fd, 'x')).rejects.toThrow(code('ERR_BAD_CHANNEL_FD'));
  });

  it('all is refused where there are no Unix sockets', async () => {
    const { platform } = process;
    Object.defineProperty(process, 'platform', { value: 'win32' });
    onTestFinished(() => void Object.defineProperty(process, 'platform', { value: platform }));
    await expect(childIpcSend(0, 'x')).rejects.toThrow(code('ERR_UNSUPPORTED_PLATFORM'));
    await expect(childIpcRead(0)).rejects.toThrow(code('ERR_UNSUPPORTED_PLATFORM'));
  });
});

describe('a number that comes to mean another file', () => {
  it('gets nothing that was kept of the old one', async () => {
    const fd = openAt(temporaryFile('one\ntwo\n'), 'r');
    expect(await readLine(fd)).toBe('one');
    reopen(fd, temporaryFile('three\n'));
    expect(await readAll(fd)).toEqual(['three']);
  });

  it('fails a read that waits with ERR_BAD_CHANNEL_FD, and loses nothing of the new file', async () => {
    const fd = openAt(fifo(), fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    waits.begun = count => count === 1 && reopen(fd, temporaryFile('three\n'));
    const [first, second] = [readLine(fd), readLine(fd)];
    await expect(first).rejects.toThrow(/given to another file/);
    await expect(second).rejects.toThrow(code('ERR_BAD_CHANNEL_FD'));
    expect(await readAll(fd)).toEqual(['three']);
  });

  it('keeps what was read of the new file when a read of the old one fails late', async () => {
    const fd = openAt(fifo(), fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    const fresh = deferred<string | null>();
    waits.begun = count => {
      if (count > 1) return;
      reopen(fd, temporaryFile('three\nfour\n'));
      void readLine(fd).then(fresh.resolve);
    };
    await expect(readLine(fd)).rejects.toThrow(/given to another file/);
    expect(await fresh.promise).toBe('three');
    expect(await readAll(fd)).toEqual(['four']);
  });

  it('fails a send that waits with ERR_BAD_CHANNEL_FD, and writes nothing to the new file', async () => {
    const fd = openAt(fifo(), fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    const path = temporaryFile('');
    waits.begun = count => count === 1 && reopen(fd, path, 'w');
    const [first, second] = [sendLine(fd, LONG), sendLine(fd, 'next')];
    await expect(first).rejects.toThrow(/given to another file/);
    await expect(second).rejects.toThrow(code('ERR_BAD_CHANNEL_FD'));
    expect(fs.readFileSync(path, 'utf8')).toBe('');
  });

  it('fails a call that waits when nothing took the number of the closed one', async () => {
    const fd = fs.openSync(fifo(), fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    waits.begun = count => count === 1 && fs.closeSync(fd);
    await expect(readLine(fd)).rejects.toMatchObject({
      code: 'ERR_BAD_CHANNEL_FD',
      cause: { code: 'EBADF' },
    });
  });
});

describe('what is kept', () => {
  it('is nothing once all that was read is delivered', async () => {
    const before = descriptorsInUse();
    const { fd, peer } = await socketFd();
    peer.write('one\ntwo\n');
    const reading = readLine(fd);
    expect(descriptorsInUse()).toBe(before + 1);
    await reading;
    expect(descriptorsInUse()).toBe(before + 1);
    await Promise.all([readLine(fd), sendLine(fd, 'x')]);
    expect(descriptorsInUse()).toBe(before);
  });

  it('is given up when the number is found closed', async () => {
    const before = descriptorsInUse();
    const fd = fs.openSync(temporaryFile('one\ntwo\n'), 'r');
    await readLine(fd);
    fs.closeSync(fd);
    await expect(readLine(fd)).rejects.toThrow(code('ERR_BAD_CHANNEL_FD'));
    expect(descriptorsInUse()).toBe(before);
  });
});

describe('RawLines', () => {
  it('gives the same lines however the bytes are cut', () => {
    const bytes = Buffer.from('ü\n\n漢字 👩‍👧\r\nlast\n');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const lines = new RawLines(100);
      const early = fed(lines, bytes.subarray(0, cut));
      expect([...early, ...fed(lines, bytes.subarray(cut))]).toEqual(['ü', '', '漢字 👩‍👧\r', 'last']);
      expect(lines.empty).toBe(true);
    }
  });

  it('gives the lines that split gives, for lines of any length in reads of any size', () => {
    const lengths = fc.array(fc.nat({ max: 150_000 }), { maxLength: 12 });
    const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lengths, sizes, (lineLengths, readSizes) => {
        const expected = lineLengths.map((length, n) => String(n % 10).repeat(length));
        const bytes = Buffer.from(expected.map(line => `${line}\n`).join(''));
        const lines = new RawLines(200_000);
        const found: unknown[] = [];
        for (let at = 0, n = 0; at < bytes.length; n += 1) {
          const size = readSizes[n % readSizes.length] ?? 1;
          found.push(...fed(lines, bytes.subarray(at, at + size)));
          at += size;
        }
        return found.length === expected.length && found.every((line, n) => line === expected[n]);
      }),
      { numRuns: 50 },
    );
  });

  it('takes a line of just the limit, and reports one over it', () => {
    expect(fed(new RawLines(3), Buffer.from('abc\nabcd\nab\n'))).toEqual([
      'abc',
      'ERR_FRAME_TOO_LARGE',
      'ab',
    ]);
  });

  it('reports a line over the limit before it ends, once, and goes on behind it', () => {
    const lines = new RawLines(3);
    expect(fed(lines, Buffer.from('abcd'))).toEqual(['ERR_FRAME_TOO_LARGE']);
    expect(fed(lines, Buffer.from('efghij'))).toEqual([]);
    expect(lines.empty).toBe(false);
    expect(fed(lines, Buffer.from('k\nab\n'))).toEqual(['ab']);
    expect(lines.empty).toBe(true);
  });

  it('has no rest behind a line over the limit', () => {
    const lines = new RawLines(3);
    fed(lines, Buffer.from('abcde'));
    fed(lines, Buffer.from('fg'));
    expect(lines.rest()).toBeUndefined();
    expect(lines.empty).toBe(true);
  });

  it('keeps no more than the limit and one read of a line that never ends', () => {
    const limit = 1_100_000;
    const lines = new RawLines(limit);
    const sizes: number[] = [];
    for (let n = 0; n < 100; n += 1) {
      fed(lines, Buffer.alloc(64 * 1024, 'x'));
      sizes.push(lines.room().buffer.byteLength);
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(limit + 64 * 1024);
    expect(sizes.at(-1)).toBe(64 * 1024); // the rest of it is not even stored
  });

  it('reads no more than 64 KiB ahead', () => {
    const lines = new RawLines(1_000_000);
    fed(lines, Buffer.alloc(600_000, 'x'));
    expect(lines.room().length).toBeLessThanOrEqual(64 * 1024);
  });

  it('lets go of the memory of a large line, and keeps what came behind it', () => {
    const lines = new RawLines(10_000_000);
    expect(fed(lines, Buffer.concat([Buffer.alloc(5_000_000, 'x'), Buffer.from('\nbe')]))).toHaveLength(1);
    expect(lines.room().buffer.byteLength).toBe(64 * 1024);
    expect(fed(lines, Buffer.from('hind\n'))).toEqual(['behind']);
  });
});

/** Feeds bytes as reads would, and gives the lines that are whole then; errors by their code. */
function fed(lines: RawLines, bytes: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const room = lines.room();
    const part = bytes.subarray(at, at + room.length);
    room.set(part);
    lines.filled(part.length);
    at += part.length;
    for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
      found.push(line instanceof IpcError ? line.code : line.toString());
    }
  }
  return found;
}

async function readAll(fd: number): Promise<string[]> {
  const lines: string[] = [];
  for (let line = await readLine(fd); line !== null; line = await readLine(fd)) lines.push(line);
  return lines;
}

/** A Unix socket's descriptor that no stream of Node reads from or writes to (non-blocking: libuv opened it); its peer. */
async function socketFd(): Promise<{ fd: number; peer: Socket }> {
  const folder = temporaryFolder();
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(join(folder, 's'));
  await once(server, 'listening');
  const peer = netConnect({ path: join(folder, 's'), allowHalfOpen: true }).pause();
  const [[socket]] = (await Promise.all([once(server, 'connection'), once(peer, 'connect')])) as [
    [Socket],
    unknown,
  ];
  onTestFinished(() => {
    for (const one of [socket, peer]) one.destroy();
    server.close();
  });
  return { fd: handleOf(socket).fd, peer };
}

/** Node's private handle: in a test there is no other way to the number. */
function handleOf(owner: Socket | Server): { fd: number } {
  return (owner as unknown as { _handle: { fd: number } })._handle;
}

/** All that arrives until there are so many lines. */
function received(peer: Socket, lines: number, mode: 'flowing' | 'paused' = 'flowing'): Promise<string> {
  return new Promise(resolve => {
    const chunks: Buffer[] = [];
    let missing = lines;
    peer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      missing -= chunk.filter(byte => byte === 0x0a).length;
      if (missing <= 0) resolve(Buffer.concat(chunks).toString());
    });
    if (mode === 'flowing') peer.resume();
  });
}

function written(peer: Socket, bytes: string | Uint8Array): Promise<void> {
  return new Promise(resolve => peer.write(bytes, () => resolve()));
}

function openAt(path: string, flags: string | number): number {
  const fd = fs.openSync(path, flags);
  onTestFinished(() => fs.closeSync(fd));
  return fd;
}

/** Closes a descriptor and opens a file under its number. */
function reopen(fd: number, path: string, flags = 'r'): void {
  fs.closeSync(fd);
  const spare: number[] = [];
  let opened = fs.openSync(path, flags);
  // A lower number may have been free.
  for (; opened < fd; opened = fs.openSync(path, flags)) spare.push(opened);
  for (const one of spare) fs.closeSync(one);
  expect(opened).toBe(fd);
}

function fifo(): string {
  const path = join(temporaryFolder(), 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

function temporaryFile(content: string): string {
  const path = join(temporaryFolder(), 'file');
  fs.writeFileSync(path, content);
  return path;
}

function temporaryFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'deka-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

function deferred<T>() {
  let settle: (value: T) => void = () => {};
  const promise = new Promise<T>(resolve => {
    settle = resolve;
  });
  return { promise, resolve: (value: T) => settle(value) };
}
