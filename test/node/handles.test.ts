import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { forked, MODULES, NODE, path, spawned, tools } from '../support/faces.js';

// Node's side stands as tests, so that whoever brings handles to this library finds what they have to do.
describe.each(MODULES)('handles of %s', (name, module) => {
  const later = (what: string) => `${what}: no channel of this library carries handles yet`;

  function nodeOnly(what: string, test: () => Promise<void>): void {
    if (name === NODE) it(what, test);
    else it.todo(later(what));
  }

  nodeOnly('sends a socket, which the sender loses', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const client = new Socket().connect(port, '127.0.0.1');
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const child = forked(module, () => {
      process.on('message', (message, handle) => {
        (handle as Socket).end(`child has ${message}`);
        process.disconnect();
      });
    });
    child.send('it', accepted);
    expect(String((await once(client, 'data'))[0])).toBe('child has it');
    expect(accepted.remoteAddress).toBeUndefined();
    server.close();
    await once(child, 'exit');
  });

  nodeOnly('sends a socket with keepOpen, which the sender keeps', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const client = new Socket().connect(port, '127.0.0.1');
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const child = forked(module, () => {
      process.on('message', (_message, handle) => {
        (handle as Socket).write('child ', () => process.send?.('written'));
        process.once('message', () => process.exit());
      });
    });
    child.send('it', accepted, { keepOpen: true });
    await once(child, 'message');
    expect(accepted.remoteAddress).toBe('127.0.0.1');
    accepted.end('parent');
    let text = '';
    for await (const chunk of client) text += String(chunk);
    expect(text).toBe('child parent');
    server.close();
    child.kill();
    await once(child, 'exit');
  });
});

describe('handles of deka-ipc/child_process', () => {
  const ours = MODULES.filter(([name]) => name !== NODE);

  it.each(
    ours,
  )('%s throws ERR_HANDLES_UNAVAILABLE for a handle that Node could send', async (_name, module) => {
    const child = module.fork(path('node-echo.cjs'));
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
