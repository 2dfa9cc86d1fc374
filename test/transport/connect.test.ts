import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectTransport } from '../../src/transport/connect.js';
import type { Transport } from '../../src/transport/transport.js';

describe('connecting', () => {
  it('gives a transport to a Unix socket', async () => {
    const path = temporaryPath();
    await greeter({ path });
    expect(await greetingOf(await connectTransport(path))).toBe('welcome');
  });

  it('gives a transport to a TCP port', async () => {
    const { port } = await greeter({ port: 0, host: '127.0.0.1' });
    expect(await greetingOf(await connectTransport({ port }))).toBe('welcome');
  });

  it('goes on writing after the server has ended its side', async () => {
    const path = temporaryPath();
    const { server } = await greeter({ path });
    const connection = once(server, 'connection');
    const transport = await connectTransport(path);
    await greetingOf(transport);
    const [socket] = (await connection) as [Socket];
    transport.write(Buffer.from('thanks'), () => {});
    expect(String((await once(socket, 'data'))[0])).toBe('thanks');
  });
});

describe('failing to connect', () => {
  it('rejects with ERR_TRANSPORT when no socket is there', async () => {
    const path = temporaryPath();
    const attempt = connectTransport(path);
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_TRANSPORT', cause: { code: 'ENOENT' } });
    await expect(attempt).rejects.toThrow(`Could not connect to "${path}"`);
  });

  it('rejects with ERR_TRANSPORT when nobody listens at the port any more', async () => {
    const { server, port } = await greeter({ port: 0, host: '127.0.0.1' });
    server.close();
    await once(server, 'close');
    await expect(connectTransport({ port })).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it.each([
    [80],
    [{}],
    [null],
    [{ path: undefined }],
    [{ port: '80' }],
  ])('rejects with ERR_INVALID_OPTION for the address %j', async address => {
    await expect(connectTransport(address as never)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' });
  });

  it.each(['', 'a\0b', 'x'.repeat(200)])('rejects with ERR_SOCKET_PATH for the path %j', async path => {
    await expect(connectTransport(path)).rejects.toMatchObject({ code: 'ERR_SOCKET_PATH' });
  });
});

describe('a server that is busy', () => {
  it('is waited for, where a Unix socket refuses at once', async () => {
    const path = temporaryPath();
    await greeter({ path, backlog: 1 });
    const transports = await Promise.all(Array.from({ length: 20 }, () => connectTransport(path)));
    expect(new Set(await Promise.all(transports.map(greetingOf)))).toEqual(new Set(['welcome']));
  });
});

describe('aborting', () => {
  it('ends an attempt under way with ERR_TRANSPORT and the reason', async () => {
    const { server, port } = await greeter({ port: 0, host: '127.0.0.1' });
    const controller = new AbortController();
    const attempt = connectTransport({ port }, controller.signal);
    controller.abort();
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_TRANSPORT', cause: { name: 'AbortError' } });
    await nobodyConnected(server);
  });

  it('rejects at once when the signal has aborted before', async () => {
    const { server, port } = await greeter({ port: 0, host: '127.0.0.1' });
    await expect(connectTransport({ port }, AbortSignal.abort())).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      message: expect.stringContaining('Its signal was aborted.'),
      cause: { name: 'AbortError' },
    });
    await nobodyConnected(server);
  });

  it('does nothing once connected', async () => {
    const path = temporaryPath();
    await greeter({ path });
    const controller = new AbortController();
    const transport = await connectTransport(path, controller.signal);
    controller.abort();
    expect(await greetingOf(transport)).toBe('welcome');
  });
});

/** A server that greets each connection and ends its side, and is gone with the test. */
async function greeter(options: ListenOptions): Promise<{ server: Server; port: number }> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, socket => {
    sockets.push(socket);
    // One who aborts may be gone before the greeting is out.
    socket.on('error', () => {});
    socket.resume().end('welcome');
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(options);
  await once(server, 'listening');
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

/** Resolves once nobody is connected: whoever gave up has let go of its socket. */
async function nobodyConnected(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

/** All that comes until the peer's end. */
function greetingOf(transport: Transport): Promise<string> {
  onTestFinished(() => transport.destroy());
  return new Promise((resolve, reject) => {
    let text = '';
    transport.bytes$.subscribe({
      next: chunk => {
        text += Buffer.from(chunk).toString();
      },
      error: reject,
      complete: () => resolve(text),
    });
  });
}

function temporaryPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'deka-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 's');
}
