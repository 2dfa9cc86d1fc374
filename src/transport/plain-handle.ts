import { Socket } from 'node:net';

/** What is used of Node's private `socket._handle`: there is no public way to the descriptor of a socket. */
export interface PlainHandle {
  readonly fd: number;
  /** Bytes of the write under way that the kernel has not taken yet. */
  readonly writeQueueSize: number;
}

// Bun and Deno have handles of their own making, with other meanings.
/** Whether a `net.Socket` is Node's own. */
export const isNode = process.versions['bun'] === undefined && process.versions['deno'] === undefined;

/**
 * The handle of a plain, open socket. Undefined for a stream that is none, for whatever is derived from one (what lies at
 * the descriptor of a TLS socket is not what it reads), and in a runtime that keeps its descriptors to itself.
 */
export function plainHandle(stream: object): PlainHandle | undefined {
  if (!isNode || Object.getPrototypeOf(stream) !== Socket.prototype) return undefined;
  const handle = (stream as { _handle?: Partial<PlainHandle> | null })._handle;
  if (typeof handle?.fd !== 'number' || handle.fd < 0) return undefined;
  return { fd: handle.fd, writeQueueSize: handle.writeQueueSize ?? 0 };
}

/** Whether a socket keeps the event loop alive while it reads. */
export function keepsAlive(socket: Socket): boolean {
  const { _handle } = socket as { _handle?: { hasRef?(): boolean } | null };
  return _handle?.hasRef?.() === true;
}

/** Takes the handle out of a plain, open socket, for another one. The socket does not notice until it is used. */
export function handleToMove(socket: Socket): object | undefined {
  if (plainHandle(socket) === undefined) return undefined;
  const owner = socket as { _handle?: object | null };
  const handle = owner._handle ?? undefined;
  owner._handle = null;
  return handle;
}
