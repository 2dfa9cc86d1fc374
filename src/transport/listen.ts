import { once } from 'node:events';
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { IpcError, reasonOf } from '../errors.js';
import { type Address, toNode } from './address.js';
import { movedToOneBuffer } from './one-buffer.js';
import { streamTransport } from './stream-transport.js';
import type { Transport } from './transport.js';

const OWNER_ONLY = 0o177;

/** A listening socket, as far as the channel room needs to know it. */
export interface Listener {
  /** Where it listens; for TCP the port that was really bound. */
  readonly address: Address;
  /** Stops accepting, at once; accepted transports live on. */
  close(): void;
}

/**
 * Listens. A Unix socket is created so that only its owner can connect; a stale one (nobody answers) is replaced, a
 * live one or a file of another kind never. Rejects with `ERR_SOCKET_PATH` or `ERR_TRANSPORT`.
 */
export async function listenTransports(
  address: Address,
  onTransport: (transport: Transport) => void,
  maxConnections: number,
): Promise<Listener> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accepted => {
    const socket = movedToOneBuffer(accepted);
    onTransport(streamTransport(socket, socket));
  });
  if (Number.isFinite(maxConnections)) server.maxConnections = maxConnections;
  const options = toNode(address);
  if ('path' in options && options.path !== undefined) await bindPath(server, options.path);
  else await bind(server, options as ListenOptions);
  return { address: boundAddress(server), close: () => void server.close() };
}

async function bindPath(server: Server, path: string): Promise<void> {
  try {
    await bind(server, { path });
  } catch (thrown) {
    if (!isInUse(thrown)) throw thrown;
    await removeStale(path);
    await bind(server, { path });
  }
}

async function bind(server: Server, options: ListenOptions): Promise<void> {
  // The mode has to be right when the file appears, not a moment later: Node binds inside listen(). A worker thread
  // must not touch the umask of the process, so there the folder has to be private.
  const previous = isMainThread && options.path !== undefined ? process.umask(OWNER_ONLY) : undefined;
  try {
    // In a cluster's worker, too: otherwise the primary would bind, with a umask of its own.
    server.listen({ ...options, exclusive: options.path !== undefined });
  } finally {
    if (previous !== undefined) process.umask(previous);
  }
  try {
    await once(server, 'listening');
  } catch (cause) {
    if (options.path !== undefined && isInUse(cause)) throw occupied(options.path, 'another server', cause);
    const at = options.path ?? `${options.host}:${options.port}`;
    const right = options.path === undefined ? 'the address is one of this machine' : 'the folder exists';
    const cure = isInUse(cause)
      ? 'Another server has it.'
      : `Check that ${right}, and that this process may use it.`;
    throw new IpcError('ERR_TRANSPORT', `Could not listen at ${at}: ${reasonOf(cause)}. ${cure}`, { cause });
  }
}

async function removeStale(path: string): Promise<void> {
  const before = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (before === undefined) return;
  if (!before.isSocket()) throw occupied(path, 'a file that is not a socket');
  if (await answers(path)) throw occupied(path, 'another live server');
  // Another process may have replaced the stale socket meanwhile; then binding fails, and rightly so.
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (now === undefined || now.ino !== before.ino || now.ctimeNs !== before.ctimeNs) return;
  try {
    unlinkSync(path);
  } catch (cause) {
    throw occupied(path, `a stale socket that cannot be removed (${reasonOf(cause)})`);
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const probe: Socket = connect({ path });
    probe.once('connect', () => done(true)).once('error', error => done(!isRefused(error)));

    function done(live: boolean): void {
      probe.destroy();
      resolve(live);
    }
  });
}

function boundAddress(server: Server): Address {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return bound ?? '';
  return { host: bound.address, port: bound.port };
}

function isInUse(thrown: unknown): boolean {
  return errnoOf(thrown) === 'EADDRINUSE' || (thrown instanceof IpcError && isInUse(thrown.cause));
}

function isRefused(error: unknown): boolean {
  return errnoOf(error) === 'ECONNREFUSED';
}

function errnoOf(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException | undefined)?.code;
}

function occupied(path: string, by: string, cause?: unknown): IpcError {
  return new IpcError(
    'ERR_SOCKET_PATH',
    `${path} is taken by ${by}; it was left alone. Choose another path, or stop what uses it.`,
    cause === undefined ? {} : { cause },
  );
}
