import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Address } from '../../src/transport/address.js';
import { connectTransport } from '../../src/transport/connect.js';
import { type Listener, listenTransports } from '../../src/transport/listen.js';
import type { Transport } from '../../src/transport/transport.js';
import { post } from '../support/post.js';
import { outputOf } from '../support/processes.js';

describe('a Unix socket', () => {
  it('gives each connection as a transport', async () => {
    const server = await listenAt(temporaryPath());
    await talk(server);
    await talk(server);
    expect(server.accepted).toHaveLength(2);
  });

  it('tells the path it listens at', async () => {
    const path = temporaryPath();
    expect((await listenAt({ path })).listener.address).toBe(path);
  });

  it('can be connected to by its owner alone, whatever the umask', async () => {
    setUmask(0);
    const path = temporaryPath();
    await listenAt(path);
    expect((lstatSync(path).mode & 0o777).toString(8)).toBe('600');
  });

  it('can be connected to by its owner alone when a worker of a cluster listens, too', async () => {
    const path = temporaryPath();
    const script = `import cluster from 'node:cluster';
      import { statSync } from 'node:fs';
      import { listen } from 'deka-ipc';
      process.umask(0);
      if (cluster.isPrimary) cluster.fork();
      else {
        await listen('${path}');
        process.stdout.write((statSync('${path}').mode & 0o777).toString(8), () => process.exit());
      }`;
    const file = join(fileURLToPath(new URL('../fixtures', import.meta.url)), `cluster-${process.pid}.mjs`);
    writeFileSync(file, script);
    onTestFinished(() => rmSync(file));
    expect(await outputOf(spawn(process.execPath, [file]))).toBe('600');
  });

  it('leaves the umask of the process as it was', async () => {
    const currentUmask = setUmask(0o002);
    await listenAt(temporaryPath());
    expect(currentUmask()).toBe(0o002);
  });

  it('leaves the umask as it was when it cannot listen', async () => {
    const currentUmask = setUmask(0o002);
    await expect(listenAt(join(temporaryFolder(), 'missing', 's'))).rejects.toThrow();
    expect(currentUmask()).toBe(0o002);
  });

  it('can be listened at from a worker thread, which has no umask of its own', async () => {
    const path = temporaryPath();
    const worker = new Worker(new URL('../fixtures/transport-listen-worker.js', import.meta.url), {
      workerData: path,
    });
    expect(await once(worker, 'message')).toEqual([path]);
    await once(worker, 'exit');
  });

  it('rejects with ERR_TRANSPORT when the folder is missing', async () => {
    const path = join(temporaryFolder(), 'missing', 's');
    await expect(listenAt(path)).rejects.toMatchObject({ code: 'ERR_TRANSPORT' });
    await expect(listenAt(path)).rejects.toThrow(`Could not listen at ${path}`);
  });

  it('tells what to look at: the folder of a path, the address of a port', async () => {
    await expect(listenAt(join(temporaryFolder(), 'missing', 's'))).rejects.toThrow('that the folder exists');
    const elsewhere = listenAt({ host: '192.0.2.1', port: 0 }); // for documentation: RFC 5737
    await expect(elsewhere).rejects.toThrow('is one of this machine');
  });

  it('rejects with ERR_SOCKET_PATH when the path is too long', async () => {
    const path = join(temporaryFolder(), 'x'.repeat(108));
    await expect(listenAt(path)).rejects.toMatchObject({ code: 'ERR_SOCKET_PATH' });
  });
});

describe('a path that is taken', () => {
  it('is replaced when it is a socket that nobody answers any more', async () => {
    const path = temporaryPath();
    await leaveStaleSocket(path);
    const server = await listenAt(path);
    await talk(server);
    expect(server.accepted).toHaveLength(1);
  });

  it('gives a replaced socket to its owner alone too', async () => {
    setUmask(0);
    const path = temporaryPath();
    await leaveStaleSocket(path);
    await listenAt(path);
    expect((lstatSync(path).mode & 0o777).toString(8)).toBe('600');
  });

  it('is refused with ERR_SOCKET_PATH when a live server answers, which goes on', async () => {
    const path = temporaryPath();
    const live = await listenAt(path);
    const { ino } = lstatSync(path);
    await expect(listenAt(path)).rejects.toMatchObject({ code: 'ERR_SOCKET_PATH' });
    expect(lstatSync(path).ino).toBe(ino);
    await talk(live);
  });

  it('is refused with ERR_SOCKET_PATH when it is a file, which stays as it is', async () => {
    const path = temporaryPath();
    writeFileSync(path, 'precious');
    await expect(listenAt(path)).rejects.toMatchObject({ code: 'ERR_SOCKET_PATH' });
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  it('is refused when it is a link to a stale socket, and both stay', async () => {
    const folder = temporaryFolder();
    const [target, link] = [join(folder, 'target'), join(folder, 'link')];
    await leaveStaleSocket(target);
    symlinkSync(target, link);
    await expect(listenAt(link)).rejects.toMatchObject({ code: 'ERR_SOCKET_PATH' });
    expect([lstatSync(link).isSymbolicLink(), lstatSync(target).isSocket()]).toEqual([true, true]);
  });

  it('is refused when it is a folder', async () => {
    await expect(listenAt(temporaryFolder())).rejects.toMatchObject({ code: 'ERR_SOCKET_PATH' });
  });
});

describe('a TCP port', () => {
  it('0 is one that the system picks, and the address names it', async () => {
    const server = await listenAt({ port: 0 });
    expect(server.listener.address).toEqual({ host: '127.0.0.1', port: expect.any(Number) });
    expect(server.listener.address).not.toMatchObject({ port: 0 });
    await talk(server);
  });

  it('rejects with ERR_TRANSPORT when another server has it, which goes on', async () => {
    const live = await listenAt({ port: 0 });
    const second = listenAt(live.listener.address);
    await expect(second).rejects.toMatchObject({ code: 'ERR_TRANSPORT', cause: { code: 'EADDRINUSE' } });
    await expect(second).rejects.toThrow(/Another server has it\.$/);
    await talk(live);
  });

  it('leaves the umask alone', async () => {
    const currentUmask = setUmask(0o002);
    await listenAt({ port: 0 });
    expect(currentUmask()).toBe(0o002);
  });
});

describe('maxConnections', () => {
  it('drops a connection beyond it and keeps the others', async () => {
    const server = await listenAt(temporaryPath(), 1);
    const first = await connectTo(server);
    await watch(await connectTo(server)).over;
    expect(server.accepted).toHaveLength(1);
    const atFirst = watch(first);
    server.accepted[0]?.write(Buffer.from('still here'), () => {});
    expect(await atFirst.first).toBe('still here');
  });
});

describe('close', () => {
  it('takes the socket away, so that nobody connects any more', async () => {
    const path = temporaryPath();
    const { listener } = await listenAt(path);
    await listener.close();
    expect(existsSync(path)).toBe(false);
    await expect(connectTransport(path)).rejects.toMatchObject({ code: 'ERR_TRANSPORT' });
  });

  it('leaves accepted transports alive', async () => {
    const server = await listenAt(temporaryPath());
    const client = await connectTo(server);
    await server.connection();
    void server.listener.close();
    const atClient = watch(client);
    server.accepted[0]?.write(Buffer.from('still here'), () => {});
    expect(await atClient.first).toBe('still here');
  });

  it('may be called twice', async () => {
    const { listener } = await listenAt(temporaryPath());
    await listener.close();
    expect(() => listener.close()).not.toThrow();
  });
});

interface TestServer {
  readonly listener: Listener;
  readonly accepted: Transport[];
  /** Resolves once a connection was accepted. */
  connection(): Promise<void>;
}

/** Listens until the test has finished. */
async function listenAt(address: Address, maxConnections = Number.POSITIVE_INFINITY): Promise<TestServer> {
  const accepted: Transport[] = [];
  let onAccepted = () => {};
  const first = new Promise<void>(resolve => {
    onAccepted = resolve;
  });
  const onTransport = (transport: Transport) => {
    accepted.push(transport);
    onAccepted();
  };
  const listener = await listenTransports(address, onTransport, maxConnections);
  onTestFinished(() => {
    for (const transport of accepted) transport.destroy();
    void listener.close();
  });
  return { listener, accepted, connection: () => first };
}

async function connectTo({ listener }: TestServer): Promise<Transport> {
  const transport = await connectTransport(listener.address);
  onTestFinished(() => transport.destroy());
  return transport;
}

/** Connects, says something to the server and reads the end of file that it answers with. */
async function talk(server: TestServer): Promise<void> {
  const before = server.accepted.length;
  const client = await connectTo(server);
  client.end();
  const log = watch(client);
  while (server.accepted.length === before) await new Promise(resolve => setImmediate(resolve));
  post(server.accepted[before], Buffer.from('welcome'), () => server.accepted[before]?.end());
  await log.over;
  expect(log.events).toEqual(['welcome', 'complete']);
}

/** What `bytes$` said, in order: chunks as text, then `'complete'` or the error. */
function watch(transport: Transport) {
  const events: unknown[] = [];
  let onFirst: (text: string) => void = () => {};
  const first = new Promise<string>(resolve => {
    onFirst = resolve;
  });
  const over = new Promise<void>(resolve => {
    transport.bytes$.subscribe({
      next: chunk => {
        events.push(Buffer.from(chunk).toString());
        onFirst(Buffer.from(chunk).toString());
      },
      error: error => resolve(void events.push(error)),
      complete: () => resolve(void events.push('complete')),
    });
  });
  return { events, first, over };
}

async function leaveStaleSocket(path: string): Promise<void> {
  const fixture = new URL('../fixtures/transport-stale-socket.js', import.meta.url);
  const child: ChildProcess = spawn(process.execPath, [fixture.pathname, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout !== null) await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(lstatSync(path).isSocket()).toBe(true);
}

function temporaryPath(): string {
  return join(temporaryFolder(), 's');
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'deka-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Sets the umask until the test has finished. Reading it means setting it: the function returned does that. */
function setUmask(mask: number): () => number {
  const original = process.umask(mask);
  onTestFinished(() => void process.umask(original));
  return () => process.umask(mask);
}
