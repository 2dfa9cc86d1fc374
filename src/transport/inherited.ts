import { Socket } from 'node:net';
import { bunSocketTransport } from './bun-socket.js';
import { type Announced, takeChannel } from './channel-env.js';
import { oneBufferSocket } from './one-buffer.js';
import { requireUnixSockets } from './platform.js';
import { streamTransport } from './stream-transport.js';
import type { Transport } from './transport.js';

/** The link that a parent left at a descriptor, and what it said of it. */
export interface Inherited extends Announced {
  readonly transport: Transport;
}

/** Takes the channel to the process that started this one: the environment forgets it. */
export function inheritedTransport(): Inherited {
  requireUnixSockets('parent()');
  const announced = takeChannel(process.env);
  const { bun } = process.versions;
  const transport = bun === undefined ? socketTransport(announced.fd) : bunSocketTransport(announced.fd);
  return { ...announced, transport };
}

function socketTransport(fd: number): Transport {
  const socket = oneBufferSocket(
    onread => new Socket({ fd, readable: true, writable: true, allowHalfOpen: true, ...onread }),
  );
  return streamTransport(socket, socket);
}
