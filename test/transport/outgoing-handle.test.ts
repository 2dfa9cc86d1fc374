import { Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NodeChannel } from '../../src/transport/lane-end.js';
import { outgoingHandle } from '../../src/transport/outgoing-handle.js';
import { isHere, Listening, textOf } from '../support/handles.js';

let tcp: Listening;

beforeEach(async () => {
  tcp = await Listening.start();
});

afterEach(() => tcp.close());

/** A channel that does with a socket what Node's does, and then closes it, as Node's does when it cannot be written. */
function closingChannel(): NodeChannel {
  return {
    _handleQueue: [],
    send(_tag: object, socket: Socket & { _handle: { onread: unknown; close(): void } | null }) {
      const native = socket._handle;
      if (native === null) return true;
      native.onread = () => {};
      socket._handle = null;
      native.close();
      return true;
    },
  } as unknown as NodeChannel;
}

function reading(socket: Socket): boolean | undefined {
  return (socket as { _handle?: { reading: boolean } | null })._handle?.reading;
}

describe('a socket on its way out', () => {
  it('is not read from any more, and is again when it stays', async () => {
    const { client, accepted } = await tcp.connection();
    accepted.resume();
    await vi.waitFor(() => expect(reading(accepted)).toBe(true));
    const outgoing = outgoingHandle(accepted, false);
    expect(reading(accepted)).toBe(false);
    outgoing.restore();
    expect(reading(accepted)).toBe(true);
    client.destroy();
    accepted.destroy();
  });

  it('can be had back with all its life, even if Node has closed it', async () => {
    const { client, accepted } = await tcp.connection();
    const closed = vi.fn();
    accepted.on('close', closed).setTimeout(60_000);
    const before = await connections();
    const outgoing = outgoingHandle(accepted, false);
    expect(outgoing.send(closingChannel(), {})).toBe(true);
    expect(isHere(accepted)).toBe(false);
    (accepted as unknown as { server: { _connections: number } }).server._connections -= 1; // as Node does
    outgoing.restore();
    expect(await connections()).toBe(before);
    expect(accepted.timeout).toBe(60_000);
    client.write('ping');
    accepted.resume();
    expect(String(await new Promise(resolve => accepted.once('data', resolve)))).toBe('ping');
    accepted.end('pong');
    expect(await textOf(client)).toBe('pong');
    client.destroy();
    await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(1));
  });

  it('is closed, to this process, when it has arrived', async () => {
    const { client, accepted } = await tcp.connection();
    const outgoing = outgoingHandle(accepted, false);
    outgoing.send(closingChannel(), {});
    outgoing.arrived();
    expect(await textOf(client)).toBe('');
  });

  it('does not come back to life if it was destroyed meanwhile', async () => {
    const { client, accepted } = await tcp.connection();
    const outgoing = outgoingHandle(accepted, false);
    outgoing.send(closingChannel(), {});
    accepted.destroy();
    outgoing.restore();
    expect(isHere(accepted)).toBe(false);
    expect(await textOf(client)).toBe('');
  });

  it('goes as a tag alone if it was closed before', async () => {
    const { client, accepted } = await tcp.connection();
    const outgoing = outgoingHandle(accepted, false);
    accepted.destroy();
    const send = vi.fn();
    expect(outgoing.send({ send } as unknown as NodeChannel, { id: 1 })).toBe(false);
    expect(send.mock.calls[0]?.slice(0, 2)).toEqual([{ id: 1 }, undefined]);
    client.destroy();
  });
});

describe('what stays on both sides', () => {
  it.each([
    ['a server', () => new Server(), false],
    ['a socket with keepOpen', async () => (await tcp.connection()).accepted, true],
  ])('%s is only lent', async (_what, make, keepOpen) => {
    const handle = await make();
    const outgoing = outgoingHandle(handle, keepOpen);
    const send = vi.fn();
    expect(outgoing.send({ send, _handleQueue: [] } as unknown as NodeChannel, { id: 1 })).toBe(true);
    expect(send.mock.calls[0]?.slice(0, 3)).toEqual([{ id: 1 }, handle, { keepOpen: true }]);
    expect(outgoing.send({ send, _handleQueue: null } as unknown as NodeChannel, {})).toBe(false);
    if (handle instanceof Server) return;
    outgoing.restore();
    outgoing.arrived();
    expect(isHere(handle)).toBe(true);
    handle.destroy();
  });
});

function connections(): Promise<number> {
  return new Promise((resolve, reject) =>
    tcp.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
