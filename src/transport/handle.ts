import type { Socket as DgramSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';
import { builtin } from './builtin.js';

/** What can travel with a message: a connection, a server (TCP or Unix), a UDP socket. */
export type Handle = Socket | Server | DgramSocket;

/** How a handle is sent. */
export interface SendHandleOptions {
  /**
   * True keeps a `net.Socket` open on this side as well; both processes then hold the connection. Default false: this side
   * loses it once the other has it. Servers and UDP sockets always stay open here, as in Node.
   */
  readonly keepOpen?: boolean | undefined;
}

/** Whether it is something that can travel. A TLS socket cannot: its keys would stay behind. */
export function isHandle(value: unknown): value is Handle {
  if (typeof value !== 'object' || value === null || 'encrypted' in value) return false;
  return isSocket(value) || value instanceof builtin('node:net').Server || isDgram(value);
}

/** Whether it is a connection. */
export function isSocket(value: object): value is Socket {
  return value instanceof builtin('node:net').Socket;
}

/** Closes this process's own copy of a handle. */
export function closeHandle(handle: Handle): void {
  if (isSocket(handle)) handle.destroy();
  else handle.close();
}

/** What Node made of what came over a lane, as a handle that waits. Another thing than ours send is closed. */
export function received(came: (object & { close?(): void }) | undefined): Handle | undefined {
  if (isHandle(came)) {
    ignoreErrors(came);
    return came;
  }
  came?.close?.();
  return undefined;
}

/** While it waits for whoever takes it: a connection that its other side resets must not end this process. */
export function ignoreErrors(handle: Handle): void {
  if (!handle.listeners('error').includes(handleOnError)) handle.on('error', handleOnError);
}

/** From here on they are for whoever has it. */
export function heedErrors(handle: Handle): void {
  handle.off('error', handleOnError);
}

function handleOnError(): void {}

function isDgram(value: object): boolean {
  return value instanceof builtin('node:dgram').Socket;
}
