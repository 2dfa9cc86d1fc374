import { once } from 'node:events';
import { connect as netConnect } from 'node:net';
import { IpcError, reasonOf } from '../errors.js';
import { type Address, toNode } from './address.js';
import { oneBufferSocket } from './one-buffer.js';
import { streamTransport } from './stream-transport.js';
import type { Transport } from './transport.js';

/** Connects. Rejects with `ERR_TRANSPORT` when nobody listens, `ERR_SOCKET_PATH` for an impossible path. */
export async function connectTransport(address: Address, signal?: AbortSignal): Promise<Transport> {
  const socket = oneBufferSocket(onread =>
    netConnect({ ...toNode(address), allowHalfOpen: true, noDelay: true, ...onread }),
  );
  try {
    await once(socket, 'connect', signal === undefined ? {} : { signal });
  } catch (cause) {
    socket.destroy();
    const cure =
      signal?.aborted === true ? 'Its signal was aborted.' : 'Check that the server listens there.';
    throw new IpcError(
      'ERR_TRANSPORT',
      `Could not connect to ${JSON.stringify(address)}: ${reasonOf(cause)}. ${cure}`,
      { cause },
    );
  }
  return streamTransport(socket, socket);
}
