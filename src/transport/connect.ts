import { once } from 'node:events';
import { connect as netConnect, type Socket } from 'node:net';
import { IpcError, reasonOf } from '../errors.js';
import { type Address, toNode } from './address.js';
import { builtin } from './builtin.js';
import { oneBufferSocket } from './one-buffer.js';
import { streamTransport } from './stream-transport.js';
import type { Transport } from './transport.js';

/** How long a busy server may take to accept those that came before. */
const BUSY_MS = 10_000;
const PAUSE_MS = 10;

/** Connects. Rejects with `ERR_TRANSPORT` when nobody listens, `ERR_SOCKET_PATH` for an impossible path. */
export async function connectTransport(address: Address, signal?: AbortSignal): Promise<Transport> {
  const options = toNode(address);
  try {
    const socket = await connected(() => connectedOnce(options, signal), signal);
    return streamTransport(socket, socket);
  } catch (cause) {
    const cure = signal?.aborted === true ? 'Its signal was aborted.' : cureFor(cause);
    const where = JSON.stringify(address);
    throw new IpcError('ERR_TRANSPORT', `Could not connect to ${where}: ${reasonOf(cause)}. ${cure}`, {
      cause,
    });
  }
}

/** A Unix socket whose server is busy refuses at once, where TCP would wait (connect(2), EAGAIN). */
async function connected(attempt: () => Promise<Socket>, signal: AbortSignal | undefined): Promise<Socket> {
  const untilMs = performance.now() + BUSY_MS;
  while (true) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!isBusy(thrown) || performance.now() > untilMs) throw thrown;
      await builtin('node:timers/promises').setTimeout(PAUSE_MS, undefined, signal && { signal });
    }
  }
}

async function connectedOnce(
  options: ReturnType<typeof toNode>,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const socket = oneBufferSocket(onread =>
    netConnect({ ...options, allowHalfOpen: true, noDelay: true, ...onread }),
  );
  try {
    await once(socket, 'connect', signal && { signal });
    return socket;
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  }
}

function isBusy(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException).code === 'EAGAIN';
}

function cureFor(cause: unknown): string {
  return isBusy(cause)
    ? 'Its server does not accept: look what keeps it.'
    : 'Check that the server listens there.';
}
