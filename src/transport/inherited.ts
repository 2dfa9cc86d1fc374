import { Socket } from 'node:net';
import { takeChannelFd } from './channel-env.js';
import { requireUnixSockets } from './platform.js';
import { streamTransport } from './stream-transport.js';
import type { Transport } from './transport.js';

/** The link that the process which started this one left at a descriptor. Takes it: the environment forgets it. */
export function inheritedTransport(): Transport {
  requireUnixSockets('parent()');
  const fd = takeChannelFd(process.env);
  const socket = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
  return streamTransport(socket, socket);
}
