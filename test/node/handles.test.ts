import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { connect, createServer, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forked, inParentProcess, MODULES, NODE, type Program, spawned, tools } from '../support/faces.js';
import { isHere, Listening, textOf } from '../support/handles.js';

let tcp: Listening;

beforeEach(async () => {
  tcp = await Listening.start();
});

afterEach(() => tcp.close());

async function disconnected(child: ChildProcess): Promise<void> {
  if (child.connected) child.disconnect();
  await once(child, 'exit');
}

const BOTH = MODULES.flatMap(([name, module]) =>
  (['json', 'advanced'] as const).map(serialization => [name, serialization, module] as const),
);

describe.each(BOTH)('handles of %s, %s', (_name, serialization, module) => {
  const start = (program: Program, ...args: unknown[]) => forked(module, program, { serialization }, ...args);

  it('sends a socket, which the sender loses', async () => {
    const { client, accepted } = await tcp.connection();
    const child = start(() => {
      process.on('message', (message, handle) => {
        (handle as Socket).end(`child has ${message}`);
        process.disconnect();
      });
    });
    child.send('it', accepted);
    expect(await textOf(client)).toBe('child has it');
    expect(isHere(accepted)).toBe(false);
    await once(child, 'exit');
  });

  it('sends a socket with keepOpen, which the sender keeps', async () => {
    const { client, accepted } = await tcp.connection();
    const child = start(() => {
      process.once('message', (_message, handle) => {
        (handle as Socket).write('child ', () => process.send?.('written'));
        process.once('message', () => process.exit());
      });
    });
    child.send('it', accepted, { keepOpen: true });
    await once(child, 'message');
    expect(accepted.remoteAddress).toBe('127.0.0.1');
    accepted.end('parent');
    const text = textOf(client);
    child.send('exit');
    expect(await text).toBe('child parent');
    await once(child, 'exit');
  });

  it('keeps the order of messages with handles and without', async () => {
    const child = start(() => {
      process.on('message', (message, handle) => {
        process.send?.([message, handle !== undefined]);
        (handle as Socket | undefined)?.destroy();
      });
    });
    const messages = tools.next(child as never, 60);
    const expected: unknown[] = [];
    for (let id = 0; id < 60; id += 1) {
      const handled = id % 7 === 3 || id % 11 === 4;
      if (handled) child.send(id, (await tcp.connection()).accepted);
      else child.send(id);
      expected.push([id, handled]);
    }
    expect(await messages).toEqual(expected);
    await disconnected(child);
  });

  it('sends what a child makes to its parent: a TCP server, a UDP socket, a connection', async () => {
    const child = start(
      (port: number) => {
        const net = process.getBuiltinModule('node:net');
        const dgram = process.getBuiltinModule('node:dgram');
        const server = net.createServer().listen(0, '127.0.0.1', () => {
          process.send?.('server', server, {}, () => {
            const udp = dgram.createSocket('udp4').bind(0, '127.0.0.1', () => {
              process.send?.('udp', udp, {}, () => {
                const socket = net.connect(port, '127.0.0.1', () => process.send?.('socket', socket));
              });
            });
          });
        });
        process.once('disconnect', () => process.exit());
      },
      (tcp.server.address() as { port: number }).port,
    );
    const handles: unknown[] = [];
    const names: unknown[] = [];
    const accepting = once(tcp.server, 'connection');
    await new Promise<void>(resolve => {
      child.on('message', (message, handle) => {
        handles.push(handle);
        if (names.push(message) === 3) resolve();
      });
    });
    expect(names).toEqual(['server', 'udp', 'socket']);
    const [server, udp, socket] = handles as [Server, ReturnType<typeof createSocket>, Socket];
    expect(server).toBeInstanceOf(Server);
    expect(server.listening).toBe(true);
    expect(udp.address().address).toBe('127.0.0.1');
    socket.end('from the parent');
    expect(await textOf(((await accepting) as [Socket])[0])).toBe('from the parent');
    server.close();
    udp.close();
    await disconnected(child);
  });

  it('sends a socket right before process.exit()', async () => {
    const { client, accepted } = await tcp.connection();
    const child = start(() => {
      process.on('message', (_message, handle) => {
        process.send?.('back', handle);
        process.exit();
      });
    });
    child.send('it', accepted);
    const [message, handle] = (await once(child, 'message')) as [unknown, Socket];
    handle.end(String(message));
    expect(await textOf(client)).toBe('back');
  });

  it('delivers the message alone if the socket was closed before', async () => {
    const { client, accepted } = await tcp.connection();
    const child = start(() => {
      process.on('message', (message, handle) => process.send?.([message, handle === undefined]));
    });
    accepted.destroy();
    child.send('closed', accepted);
    expect(await once(child, 'message')).toEqual([['closed', true], undefined]);
    client.destroy();
    await disconnected(child);
  });

  it('throws ERR_INVALID_HANDLE_TYPE for what is none, and is usable afterwards', async () => {
    const child = start(() => process.on('message', message => process.send?.(message)));
    for (const handle of [{}, 'text', 1, new Promise(() => {})]) {
      expect(tools.thrown(() => child.send('it', handle as never))).toMatchObject({
        name: 'TypeError',
        code: 'ERR_INVALID_HANDLE_TYPE',
      });
    }
    child.send('usable');
    expect(await once(child, 'message')).toEqual(['usable', undefined]);
    await disconnected(child);
  });

  it('calls back once, with null, and not in the same tick', async () => {
    const { client, accepted } = await tcp.connection();
    const child = start(() => process.on('message', (_message, handle) => (handle as Socket).destroy()));
    let same = true;
    const results = await new Promise(resolve => {
      child.send('it', accepted, {}, error => resolve([error, same]));
      same = false;
    });
    expect(results).toEqual([null, false]);
    client.destroy();
    await disconnected(child);
  });

  it('counts the connections that children have, and waits for them to close the server', async () => {
    const child = start(() => {
      const sockets: Socket[] = [];
      process.on('message', (message, handle) => {
        if (handle !== undefined) sockets.push(handle as Socket);
        else for (const socket of sockets) socket.destroy();
        process.send?.(message);
      });
    });
    const pairs = await tcp.connections(3);
    const [kept, ...sent] = pairs;
    const arrived = tools.next(child as never, 2);
    for (const { accepted } of sent) child.send('serve', accepted);
    await arrived;
    const count = () =>
      new Promise((resolve, reject) =>
        tcp.server.getConnections((error, connections) => (error ? reject(error) : resolve(connections))),
      );
    await expect.poll(count).toBe(3);
    let closed = false;
    const closing = new Promise<void>(resolve => tcp.server.close(() => resolve()));
    void closing.then(() => {
      closed = true;
    });
    kept?.accepted.destroy();
    await tools.turns(10);
    expect(closed).toBe(false);
    child.send('close them');
    await closing;
    for (const { client } of pairs) client.destroy();
    await disconnected(child);
  });

  it('closes a server whose last connections die with their child', async () => {
    const child = start(() => process.on('message', message => process.send?.(message)));
    const { client, accepted } = await tcp.connection();
    child.send('serve', accepted);
    await once(child, 'message');
    const closing = new Promise<void>(resolve => tcp.server.close(() => resolve()));
    child.kill('SIGKILL');
    await closing;
    client.destroy();
  });
});

describe.each(MODULES)('handles of %s', (name, module) => {
  it('shares a server with two children, and this process may close it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const program = () => {
      process.on('message', (_message, handle) => {
        (handle as Server).on('connection', socket => socket.end(String(process.pid)));
        process.send?.('ready');
      });
    };
    const children = [forked(module, program), forked(module, program)];
    for (const child of children) {
      child.send('server', server);
      await once(child, 'message');
    }
    await new Promise<void>(resolve => server.close(() => resolve()));
    const answers = await Promise.all(Array.from({ length: 20 }, () => textOf(connect(port, '127.0.0.1'))));
    const pids = children.map(({ pid }) => String(pid));
    expect(answers.every(answer => pids.includes(answer))).toBe(true);
    for (const child of children) {
      child.kill();
      await once(child, 'exit');
    }
  });

  it('sends a server on a Unix socket, which close() here would take the path from', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deka-'));
    const at = join(folder, 'unix.sock');
    const server = createServer().listen(at);
    await once(server, 'listening');
    const child = forked(module, () => {
      process.on('message', (_message, handle) => {
        (handle as Server).on('connection', socket => socket.end('child'));
        process.send?.('ready');
      });
    });
    child.send('server', server);
    await once(child, 'message');
    await rename(at, `${at}.kept`);
    server.close();
    expect(await textOf(connect(`${at}.kept`))).toBe('child');
    child.kill();
    await once(child, 'exit');
    await rm(folder, { recursive: true });
  });

  it('sends a UDP socket, which both may read', async () => {
    const udp = createSocket('udp4').bind(0, '127.0.0.1');
    await once(udp, 'listening');
    const { port } = udp.address();
    const child = forked(module, () => {
      process.on('message', (_message, handle) => {
        const socket = handle as ReturnType<typeof createSocket>;
        socket.on('message', text => process.send?.(String(text)));
        process.send?.('ready');
      });
    });
    child.send('udp', udp);
    await once(child, 'message');
    udp.close();
    const sender = createSocket('udp4');
    sender.send('datagram', port, '127.0.0.1');
    expect(await once(child, 'message')).toEqual(['datagram', undefined]);
    sender.close();
    child.kill();
    await once(child, 'exit');
  });

  it('shows nothing of how they travel', async () => {
    const child = forked(module, () => {
      const { channel } = process;
      const before = [
        process.listenerCount('message'),
        Object.keys(process.env).filter(key => /CHANNEL|DEKA/.test(key)),
      ];
      process.once('message', (_message, handle) => {
        process.send?.([
          ...before,
          channel === process.channel,
          typeof (channel as { fd?: number } | undefined)?.fd,
          handle instanceof Object,
        ]);
      });
    });
    const { client, accepted } = await tcp.connection();
    expect([...child.stdio]).toEqual([null, null, null, null]);
    child.send('it', accepted);
    expect(await once(child, 'message')).toEqual([[0, [], true, 'number', true], undefined]);
    client.destroy();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('does not keep a parent that has let go of its child', async () => {
    const { code, output } = await inParentProcess(name, async (used, run) => {
      const { createServer: create, connect: to } = process.getBuiltinModule('node:net');
      const child = used.fork(run, ['() => process.on("message", (_, handle) => handle.destroy())', '[]']);
      const server = create(socket => {
        child.send('it', socket, {}, error => {
          process.stdout.write(`sent ${error}`);
          server.close();
          child.unref();
          child.channel?.unref();
        });
      }).listen(0, () => to((server.address() as { port: number }).port));
    });
    expect({ code, output }).toEqual({ code: 0, output: 'sent null' });
  });
});

describe('handles of deka-ipc/child_process', () => {
  const ours = MODULES.filter(([name]) => name !== NODE);

  it.each(ours)('%s throws ERR_HANDLES_UNAVAILABLE on a wire that is Node own', async (_name, module) => {
    const child = spawned(module, () => process.on('message', message => process.send?.(message)), 3, 'json');
    const told = tools.thrown(() => child.send('it', new Socket()));
    expect(told).toMatchObject({ name: 'IpcError', code: 'ERR_HANDLES_UNAVAILABLE' });
    child.send('still usable');
    expect(await once(child, 'message')).toEqual(['still usable', undefined]);
    child.disconnect();
    await once(child, 'close');
  });

  // denoland/deno#35968: one handle that nobody acknowledges blocks everything behind it.
  it.each(
    ours,
  )('%s answers a plain Node child whose handle it cannot take, so that the next messages come', async (_name, module) => {
    const program = () => {
      const { createServer: create } = process.getBuiltinModule('node:net');
      const server = create().listen(0, '127.0.0.1', () => {
        process.send?.('before');
        process.send?.('with a handle', server);
        process.send?.('behind', () => server.close());
      });
    };
    const child = spawned(module, program, 3, 'json');
    const messages: unknown[] = [];
    child.on('message', message => messages.push(message));
    await once(child, 'close');
    expect(messages).toEqual(['before', 'behind']);
  });
});
