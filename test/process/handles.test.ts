import { createSocket, type Socket as DgramSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildChannel, type Delivery, fork, pair, v8 } from 'deka-ipc';
import { ChildProcess } from 'deka-ipc/child_process';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../support/collect.js';
import {
  type ChannelProgram,
  forkedProgram,
  isHere,
  Listening,
  openDescriptors,
  textOf,
  told,
  untilDead,
} from '../support/handles.js';
import { fixture } from '../support/processes.js';

/** Answers on each socket with the message that came with it. */
const answering = (channel: ChildChannel) =>
  channel.deliveries$.subscribe(({ message, handle }) =>
    (handle as Socket | undefined)?.end(`child has ${message}`),
  );

let tcp: Listening;

beforeEach(async () => {
  tcp = await Listening.start();
});

afterEach(() => tcp.close());

describe('a socket that is sent', () => {
  it.each([
    ['json', undefined],
    ['v8', v8()],
  ])('belongs to the child, which answers on it: %s', async (_name, codec) => {
    const { client, accepted } = await tcp.connection();
    const child = forkedProgram(answering as never, codec === undefined ? {} : { codec });
    const { callback, result } = told();
    child.send('it', accepted, {}, callback);
    expect(await textOf(client)).toBe('child has it');
    expect(await result).toBeNull();
    expect(isHere(accepted)).toBe(false);
    await child.close();
  });

  it('takes along what its peer wrote before it was read here', async () => {
    const { client, accepted } = await tcp.connection();
    client.write('early');
    const child = forkedProgram(channel =>
      channel.deliveries$.subscribe(({ handle }) => (handle as Socket).pipe(handle as Socket)),
    );
    child.send('echo', accepted);
    client.end(' late');
    expect(await textOf(client)).toBe('early late');
    await child.close();
  });

  it('stays here as well with keepOpen', async () => {
    const { client, accepted } = await tcp.connection();
    const child = forkedProgram(channel =>
      channel.deliveries$.subscribe(({ handle }) => {
        (handle as Socket).write('child ', () => channel.send('written'));
      }),
    );
    child.send('it', accepted, { keepOpen: true });
    await firstValueFrom(child.messages$);
    child.process.kill();
    await child.exited;
    accepted.end('parent');
    expect(await textOf(client)).toBe('child parent');
  });

  it('travels alone as a message if it was closed before', async () => {
    const { client, accepted } = await tcp.connection();
    const child = forkedProgram(channel =>
      channel.deliveries$.subscribe(({ message, handle }) => channel.send([message, handle === undefined])),
    );
    accepted.destroy();
    const { callback, result } = told();
    child.send('closed', accepted, {}, callback);
    expect(await firstValueFrom(child.messages$)).toEqual(['closed', true]);
    expect(await result).toBeNull();
    client.destroy();
    await child.close();
  });
});

describe('a child', () => {
  it('sends a socket, a TCP server and a UDP socket to its parent', async () => {
    const { client, accepted } = await tcp.connection();
    const child = forkedProgram(channel => {
      const net = process.getBuiltinModule('node:net');
      const dgram = process.getBuiltinModule('node:dgram');
      channel.deliveries$.subscribe(({ handle }) => channel.send('back', handle));
      const own = net.createServer().listen(0, '127.0.0.1', () => {
        channel.send('server', own, {}, () => own.close());
      });
      const udp = dgram.createSocket('udp4').bind(0, '127.0.0.1', () => {
        channel.send('udp', udp, {}, () => udp.close());
      });
    });
    const deliveries: Delivery<unknown>[] = [];
    const three = new Promise<void>(resolve => {
      child.deliveries$.subscribe(delivery => {
        if (deliveries.push(delivery) === 3) resolve();
      });
    });
    child.send('to you', accepted);
    await three;
    const handles = Object.fromEntries(deliveries.map(({ message, handle }) => [message, handle]));
    (handles['back'] as Socket).end('parent again');
    expect(await textOf(client)).toBe('parent again');

    const taken = handles['server'] as Server;
    const accepting = once(taken, 'connection');
    const visitor = connect((taken.address() as { port: number }).port, '127.0.0.1');
    ((await accepting) as [Socket])[0].end('hello');
    expect(await textOf(visitor)).toBe('hello');
    taken.close();

    const udp = handles['udp'] as DgramSocket;
    const datagram = once(udp, 'message');
    const sender = createSocket('udp4');
    sender.send('datagram', udp.address().port, '127.0.0.1');
    expect(String((await datagram)[0])).toBe('datagram');
    sender.close();
    udp.close();
    await child.close();
  });

  it('takes a server and a connection on a Unix socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deka-'));
    const path = join(folder, 'unix.sock');
    const unix = createServer({ pauseOnConnect: true }).listen(path);
    await once(unix, 'listening');
    const child = forkedProgram(channel =>
      channel.deliveries$.subscribe(({ message, handle }) => {
        if (message === 'connection') (handle as Socket).end('connection in the child');
        else {
          (handle as Server).on('connection', socket => socket.end('server in the child'));
          channel.send('serving');
        }
      }),
    );
    const accepting = once(unix, 'connection');
    const first = connect(path);
    child.send('connection', ((await accepting) as [Socket])[0]);
    expect(await textOf(first)).toBe('connection in the child');
    child.send('server', unix);
    await firstValueFrom(child.messages$);
    await rename(path, `${path}.kept`); // close() removes what stands at the path, in Node
    unix.close();
    expect(await textOf(connect(`${path}.kept`))).toBe('server in the child');
    child.process.kill(); // its server would keep it
    await child.exited;
    await rm(folder, { recursive: true });
  });

  it('has nothing of the lane to be seen, and ends by itself', async () => {
    const child = forkedProgram(channel => {
      const names = Object.keys(process.env).filter(name => /DEKA|NODE_CHANNEL/.test(name));
      const seen = [typeof process.send, typeof process.channel, process.listenerCount('message'), names];
      channel.deliveries$.subscribe(({ handle }) => {
        (handle as Socket).end();
        channel.send(seen);
        channel.unref();
      });
    });
    const { client, accepted } = await tcp.connection();
    child.send('it', accepted);
    expect(await firstValueFrom(child.messages$)).toEqual(['undefined', 'undefined', 0, []]);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    client.destroy();
  });
});

describe('a process that exits', () => {
  it.each([
    ['while they are read', false],
    ['before they are read', true],
  ])('still sends the handles that are queued, with their messages, gone %s', async (_name, gone) => {
    const pairs = await tcp.connections(5);
    const child = forkedProgram(channel => {
      const handles: unknown[] = [];
      channel.deliveries$.subscribe(({ message, handle }) => {
        if (message === 'yours') handles.push(handle);
        if (message !== 'back') return;
        for (const [id, socket] of handles.entries()) channel.send(id, socket as Socket);
        process.exit();
      });
    });
    const { values, completed } = collect(child.deliveries$);
    const failures = collect(child.failures$);
    for (const { accepted } of pairs) child.send('yours', accepted);
    child.send('back');
    await child.flush();
    if (gone) untilDead(child.process.pid as number);
    await completed;
    expect(values.map(({ message }) => message)).toEqual([0, 1, 2, 3, 4]);
    expect(failures.values).toEqual([]);
    for (const { handle } of values) (handle as Socket).end('back');
    for (const { client } of pairs) expect(await textOf(client)).toBe('back');
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });
});

describe('the order of send', () => {
  it('holds for messages and handles at random', async () => {
    const child = forkedProgram(channel =>
      channel.deliveries$.subscribe(({ message, handle }) => {
        channel.send([message, handle !== undefined]);
        (handle as Socket | undefined)?.destroy();
      }),
    );
    const expected: unknown[] = [];
    for (let id = 0; id < 1000; id += 1) {
      const handled = (id * 7919) % 13 === 0;
      const handle = handled ? (await tcp.connection()).accepted : undefined;
      child.send(id, handle);
      expected.push([id, handled]);
    }
    const seen: unknown[] = [];
    for await (const message of child) if (seen.push(message) === expected.length) break;
    expect(seen).toEqual(expected);
    await child.close();
  });
});

describe('a handle that nobody takes', () => {
  it('is closed and reported, and its message delivered', async () => {
    const { client, accepted } = await tcp.connection();
    const child = forkedProgram(channel => {
      channel.messages$.subscribe(message => channel.send(message));
      channel.failures$.subscribe(({ code }) => channel.send(code));
    });
    const { values } = collect(child.messages$);
    child.send('it', accepted);
    expect(await textOf(client)).toBe('');
    await child.close();
    expect(values).toEqual(['it', 'ERR_HANDLE_UNCLAIMED']);
  });
});

describe('send with a handle', () => {
  it('throws ERR_HANDLES_UNAVAILABLE where there is no lane, and tells the cure', async () => {
    const child = forkedProgram(answering as never, { handles: false });
    const [left] = pair();
    for (const channel of [child, left]) {
      expect(() => channel.send('it', new Socket())).toThrow(
        expect.objectContaining({
          code: 'ERR_HANDLES_UNAVAILABLE',
          message: expect.stringContaining('handles: true'),
        }),
      );
    }
    await Promise.all([child.close(), left.close()]);
  });

  it.each([
    ['an object', {}],
    ['a function in its place', 'no handle'],
    ['a TLS socket', Object.assign(new Socket(), { encrypted: true })],
  ])('throws ERR_INVALID_HANDLE_TYPE for %s, and sends nothing', async (_what, handle) => {
    const child = forkedProgram(channel => channel.messages$.subscribe(message => channel.send(message)));
    expect(() => child.send('it', handle as never)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_HANDLE_TYPE' }),
    );
    child.send('next');
    expect(await firstValueFrom(child.messages$)).toBe('next');
    await child.close();
  });

  it('leaves a socket as it was if its message cannot be encoded', async () => {
    const { client, accepted } = await tcp.connection();
    accepted.resume();
    const child = forkedProgram(answering as never);
    expect(() => child.send(undefined, accepted)).toThrow(expect.objectContaining({ code: 'ERR_ENCODE' }));
    client.write('still read here');
    expect(String((await once(accepted, 'data'))[0])).toBe('still read here');
    client.destroy();
    accepted.destroy();
    await child.close();
  });

  it.each([
    ["wire: 'node'", { wire: 'node' as const }],
    ['another envelope', { envelope: { name: 'own', wrap: (m: unknown) => m, unwrap: (m: unknown) => m } }],
  ])('cannot be had with %s', (_what, options) => {
    expect(() => forkedProgram(answering as never, options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    );
  });

  it('is waited for by flush()', async () => {
    const { client, accepted } = await tcp.connection();
    const child = forkedProgram(answering as never);
    let settled = false;
    child.send('it', accepted, {}, () => {
      settled = true;
    });
    await child.flush();
    expect(settled).toBe(true);
    expect(await textOf(client)).toBe('child has it');
    await child.close();
  });

  it('is not waited for by flush() if it was sent behind it', async () => {
    const { client, accepted } = await tcp.connection();
    const child = forkedProgram(channel =>
      channel.deliveries$.subscribe(({ handle }) => (handle as Socket | undefined)?.destroy()),
    );
    let flushed = false;
    const sendOn = () => {
      if (!flushed) child.send('it', accepted, { keepOpen: true }, sendOn);
    };
    for (let n = 0; n < 3; n += 1) sendOn();
    await child.flush();
    flushed = true;
    client.destroy();
    accepted.destroy();
    await child.close();
  });

  it('returns false once 64 are not delivered, and ready() waits for room', async () => {
    const child = forkedProgram(channel =>
      channel.deliveries$.subscribe(({ handle }) => (handle as Socket | undefined)?.destroy()),
    );
    const drained = collect(child.drain$);
    const pairs = await tcp.connections(100);
    const answers = pairs.map(({ accepted }, id) => child.send(id, accepted));
    expect(answers).toEqual(answers.map((_, id) => id < 63));
    await child.ready();
    expect(child.send('room')).toBe(true);
    await child.flush();
    expect(drained.values).toHaveLength(1);
    expect(child.metrics().drains).toBe(1);
    for (const { client } of pairs) client.destroy();
    await child.close();
  });
});

describe('a lane that fails', () => {
  // What the environment of a child by hand says.
  const byHand = (does: string) => `
    const net = require('node:net'), fs = require('node:fs');
    const fd = Number(process.env.DEKA_IPC_FD), lane = Number(process.env.DEKA_IPC_LANE);
    const socket = new net.Socket({ fd });
    const mark = '{"cmd":"DEKA_HANDLE"}\\n';
    const line = message => JSON.stringify({ cmd: 'NODE_HANDLE', msg: message }) + '\\n';
    socket.on('end', () => process.exit()).resume();
    ${does}`;

  function spawnedByHand(does: string, options: object = {}): ChildChannel {
    return forkedProgram(
      answering as never,
      {
        execArgv: ['-e', byHand(does), '--'],
        stdio: 'inherit',
        ...options,
      } as never,
    );
  }

  it('leaves the handle here if the child does not take it within handleTimeoutMs', async () => {
    const { client, accepted } = await tcp.connection();
    const child = spawnedByHand('', { handleTimeoutMs: 100 });
    const { callback, result } = told();
    child.send('it', accepted, {}, callback);
    expect(await result).toMatchObject({
      code: 'ERR_HANDLE_UNDELIVERED',
      message: expect.stringContaining('100 ms'),
    });
    client.write('ping');
    accepted.resume();
    expect(String((await once(accepted, 'data'))[0])).toBe('ping');
    accepted.end('still mine');
    expect(await textOf(client)).toBe('still mine');
    await child.close();
  });

  it('does not give a handle to a child that comes to it after its sender has given up', async () => {
    const { client, accepted } = await tcp.connection();
    const program: ChannelProgram = channel => {
      channel.failures$.subscribe(({ code }) => channel.send(code));
      channel.deliveries$.subscribe(({ message, handle }) => channel.send([message, handle === undefined]));
    };
    const child = forkedProgram(program, { handleTimeoutMs: 1 }); // less than any process takes to start
    const { values } = collect(child.messages$);
    const { callback, result } = told();
    child.send('it', accepted, {}, callback);
    expect(await result).toMatchObject({ code: 'ERR_HANDLE_UNDELIVERED' });
    await firstValueFrom(child.messages$);
    await child.close();
    expect(values).toEqual(['ERR_HANDLE_UNDELIVERED', ['it', true]]);
    accepted.end('still mine');
    expect(await textOf(client)).toBe('still mine');
  });

  it('leaves all handles here at once if the child closes its end', async () => {
    const pairs = await tcp.connections(5);
    const child = spawnedByHand("socket.once('data', () => fs.closeSync(lane))");
    const results = pairs.map(({ accepted }, id) => {
      const { callback, result } = told();
      child.send(id, accepted, {}, callback);
      return result;
    });
    for (const result of results) expect(await result).toMatchObject({ code: 'ERR_HANDLE_UNDELIVERED' });
    for (const { accepted, client } of pairs) {
      accepted.end('mine');
      expect(await textOf(client)).toBe('mine');
    }
    const { callback, result } = told();
    const { accepted, client } = await tcp.connection();
    child.send('later', accepted, {}, callback);
    expect(await result).toMatchObject({ code: 'ERR_HANDLE_UNDELIVERED' });
    accepted.destroy();
    client.destroy();
    await child.close();
  });

  it.each([
    ['no JSON', 'garbage'],
    ['an answer to nothing', '{"cmd":"NODE_HANDLE_ACK"}'],
    ['null', 'null'],
    ['a number', '1'],
    ['a handle that is none', '{"cmd":"NODE_HANDLE","type":"nonsense","msg":{"id":1}}'],
    ['a handle of a handle', '{"cmd":"NODE_SOCKET_GET_COUNT","key":{}}'],
  ])('survives that a child writes to it: %s', async (_what, line) => {
    const child = spawnedByHand(
      `fs.writeSync(lane, ${JSON.stringify(line)} + '\\n'); socket.write(line('written'));`,
    );
    expect(await firstValueFrom(child.messages$)).toBe('written');
    const { client, accepted } = await tcp.connection();
    const { callback, result } = told();
    child.send('it', accepted, {}, callback);
    child.process.kill();
    expect(await result).toMatchObject({ code: 'ERR_HANDLE_UNDELIVERED' });
    expect(isHere(accepted)).toBe(true);
    accepted.destroy();
    client.destroy();
    await child.closed;
  });

  it('lets the messages go on behind a handle that never comes, after handleTimeoutMs', async () => {
    const child = spawnedByHand("socket.write(line('before') + mark + line('it') + line('behind'));", {
      handleTimeoutMs: 100,
    });
    const failures = collect(child.failures$);
    const { values, completed } = collect(child.deliveries$);
    await firstValueFrom(child.failures$);
    await child.close();
    await completed;
    expect(values).toEqual([{ message: 'before' }, { message: 'it' }, { message: 'behind' }]);
    expect(failures.values).toMatchObject([{ code: 'ERR_HANDLE_UNDELIVERED' }]);
    expect(failures.values[0]?.message).toContain('100 ms');
    expect(child.metrics().badFrames).toBe(0);
  });

  it('lets them go on at once behind one that cannot come any more', async () => {
    const child = spawnedByHand(
      "socket.write(mark + line('it') + line('behind'), () => fs.closeSync(lane));",
    );
    const { values } = collect(child.deliveries$);
    expect(await firstValueFrom(child.failures$)).toMatchObject({ code: 'ERR_HANDLE_UNDELIVERED' });
    await child.close();
    expect(values).toEqual([{ message: 'it' }, { message: 'behind' }]);
  });

  it('keeps at the sender what the child has no descriptor left for', async () => {
    const { client, accepted } = await tcp.connection();
    const program: ChannelProgram = channel => {
      const { openSync } = process.getBuiltinModule('node:fs');
      channel.failures$.subscribe(({ code }) => channel.send(code));
      channel.messages$.subscribe(message => {
        if (message === 'fill') fill();
        channel.send(message);
      });

      function fill(): void {
        try {
          for (;;) openSync('/dev/null', 'r');
        } catch {}
      }
    };
    const child = forkedProgram(program, {
      execPath: '/bin/sh',
      execArgv: ['-c', `ulimit -n 64; exec "${process.execPath}" "$0" "$@"`],
    });
    const { values } = collect(child.messages$);
    // The first handle opens the lane, while that is still possible.
    const first = await tcp.connection();
    child.send('first', first.accepted);
    child.send('fill');
    const { callback, result } = told();
    child.send('it', accepted, {}, callback);
    expect(await result).toMatchObject({ code: 'ERR_HANDLE_UNDELIVERED' });
    accepted.end('mine');
    expect(await textOf(client)).toBe('mine');
    await child.close();
    expect(values).toEqual(['first', 'ERR_HANDLE_UNCLAIMED', 'fill', 'ERR_HANDLE_UNDELIVERED', 'it']);
    first.client.destroy();
  });

  it('tells each callback once and leaks nothing if the child is killed meanwhile', async () => {
    const child = forkedProgram(channel =>
      channel.deliveries$.subscribe(({ message, handle }) => {
        (handle as Socket).destroy();
        channel.send(message);
      }),
    );
    const before = openDescriptors();
    const pairs = await tcp.connections(300);
    const settled = pairs.map(() => 0);
    const kept: Socket[] = [];
    const all = pairs.map(
      ({ accepted }, id) =>
        new Promise<void>(resolve => {
          child.send(id, accepted, {}, error => {
            settled[id] = (settled[id] ?? 0) + 1;
            if (error !== null) kept.push(accepted);
            resolve();
          });
        }),
    );
    child.messages$.subscribe(message => message === 20 && child.process.kill('SIGKILL'));
    await Promise.all(all);
    expect(settled).toEqual(pairs.map(() => 1));
    expect(kept.length).toBeGreaterThan(200);
    expect(kept.every(isHere)).toBe(true);
    await child.closed;
    for (const { client } of pairs) client.destroy();
    for (const socket of kept) socket.destroy();
    await child.exited;
    await expect.poll(() => openDescriptors()).toBeLessThan(before);
  });
});

describe('deka-ipc/register', () => {
  it('gives process the handles of a channel with a lane', async () => {
    const { client, accepted } = await tcp.connection();
    const program = () => {
      process.on('message', (message, handle) => {
        (handle as Socket).end(`process has ${message}`);
        process.send?.('and sends', handle);
        process.disconnect();
      });
    };
    const child = fork(fixture('node-run'), [String(program), '[]'], {
      handles: true,
      execArgv: ['--import', 'deka-ipc/register'],
    });
    const { values } = collect(child.deliveries$);
    child.send('it', accepted);
    expect(await textOf(client)).toBe('process has it');
    await child.closed;
    expect(values.map(({ message }) => message)).toEqual(['and sends']);
    for (const { handle } of values) (handle as Socket | undefined)?.destroy();
  });
});

describe('new ChildProcess of deka-ipc/child_process', () => {
  it('sends handles to a child of its kind', async () => {
    const { client, accepted } = await tcp.connection();
    const args = [fixture('channel-run').pathname, String(answering)];
    const child = new ChildProcess(process.execPath, args, { stdio: 'inherit', ipc: true });
    child.send('it', accepted);
    expect(await textOf(client)).toBe('child has it');
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
