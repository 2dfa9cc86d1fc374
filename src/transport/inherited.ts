import { Socket } from 'node:net';
import { bunSocketTransport } from './bun-socket.js';
import { type Announced, takeChannel } from './channel-env.js';
import type { HandleLane } from './handle-lane.js';
import { inheritedLane } from './lanes.js';
import { oneBufferSocket } from './one-buffer.js';
import { hasLanes } from './platform.js';
import { streamTransport } from './stream-transport.js';
import type { Transport } from './transport.js';

/** The link that a parent left at a descriptor, and what it said of it. */
export interface Inherited extends Omit<Announced, 'lane'> {
  readonly transport: Transport;
  /** Where handles travel, if the parent has made a lane for them and this runtime can use it. */
  readonly lane: HandleLane | undefined;
}

/** The channel to the process that started this one. Unless it was taken from the environment before, that forgets it now. */
export function inheritedTransport(announced = takeChannel(process.env)): Inherited {
  const { bun } = process.versions;
  const transport = bun === undefined ? socketTransport(announced.fd) : bunSocketTransport(announced.fd);
  const { lane } = announced;
  return { ...announced, transport, lane: hasLanes && lane !== undefined ? inheritedLane(lane) : undefined };
}

function socketTransport(fd: number): Transport {
  const socket = oneBufferSocket(
    onread => new Socket({ fd, readable: true, writable: true, allowHalfOpen: true, ...onread }),
  );
  return streamTransport(socket, socket);
}
