import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { guardNode, type NativePipe, type NodeChannel } from '../../src/transport/lane-end.js';

function guarded() {
  const channel = new EventEmitter() as NodeChannel;
  const node = vi.fn();
  const failed = vi.fn();
  channel.on('internalMessage', node);
  guardNode({ channel, pipe: { onread: () => {} } as unknown as NativePipe }, failed);
  return { channel, node, failed };
}

describe('a handle that comes under a name', () => {
  it.each([
    ['a connection', 'net.Server', { listen: vi.fn(), getpeername: () => 0 }],
    ['a UDP socket', 'net.Server', { recvStart: vi.fn() }],
    ['a UDP socket', 'net.Socket', { recvStart: vi.fn() }],
    ['a connection', 'dgram.Socket', { readStart: vi.fn() }],
  ])('is closed before Node sees it, and ends the lane: %s as a %s', (_what, type, native) => {
    const { channel, node, failed } = guarded();
    const close = vi.fn();
    channel.emit('internalMessage', { cmd: 'NODE_HANDLE', type, msg: {} }, { ...native, close });
    expect(close).toHaveBeenCalledTimes(1);
    expect(node).not.toHaveBeenCalled();
    expect(failed.mock.calls).toEqual([[expect.stringContaining(type)]]);
  });

  it.each([
    ['a TCP server', 'net.Server', { listen: vi.fn(), readStart: vi.fn(), getpeername: () => -107 }],
    ['a server on a path', 'net.Server', { listen: vi.fn(), readStart: vi.fn() }],
    ['a connection', 'net.Socket', { listen: vi.fn(), readStart: vi.fn(), getpeername: () => 0 }],
    ['a UDP socket', 'dgram.Socket', { recvStart: vi.fn() }],
  ])('is for Node where it is what it is called: %s as a %s', (_what, type, native) => {
    const { channel, node, failed } = guarded();
    const message = { cmd: 'NODE_HANDLE', type, msg: {} };
    channel.emit('internalMessage', message, native);
    expect(node.mock.calls).toEqual([[message, native]]);
    expect(failed).not.toHaveBeenCalled();
  });
});
