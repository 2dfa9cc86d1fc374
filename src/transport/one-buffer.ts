import { type OnReadOpts, Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { handleToMove, isNode, keepsAlive } from './plain-handle.js';
import { Reader } from './reading-turns.js';

/** What one read brings at most: Node's own size. */
const READ_BYTES = 64 * 1024;

/** Where the chunks of a socket go that reads into one buffer. */
interface Outlet {
  give: ((chunk: Uint8Array) => void) | undefined;
  /** Where to read to instead of the one buffer. */
  room: () => Uint8Array | undefined;
  /** What came before anybody took it: one chunk, for then reading rests. */
  early: Uint8Array | undefined;
  readonly reader: Reader;
  /** Whether it was resumed while it rested. */
  resumed: boolean;
}

const outlets = new WeakMap<object, Outlet>();

/**
 * Makes a socket that reads into one buffer, again and again. By itself Node allocates 64 KiB for each read and leaves
 * them to the collector, which lets 30 to 80 MiB of them pile up whatever the messages in them become; and allocating costs
 * more than reading. Only for sockets of our own: such a one emits no 'data'.
 *
 * @param make passes the option on to Node. Under other runtimes there is none.
 */
export function oneBufferSocket(make: (onread: { readonly onread?: OnReadOpts }) => Socket): Socket {
  if (!isNode) return make({});
  const reader = new Reader(
    () => {
      if (outlet.give !== undefined && (outlet.resumed || !socket.isPaused())) resume(socket);
    },
    () => keepsAlive(socket),
  );
  const outlet: Outlet = { give: undefined, room: () => undefined, early: undefined, reader, resumed: false };
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const socket = make({
    onread: {
      buffer: () => outlet.room() ?? buffer,
      callback: (length, bytes) => receive(outlet, bytes, length),
    },
  });
  socket.once('close', () => reader.leave());
  outlets.set(socket, outlet);
  return socket;
}

/**
 * The connection of a socket that Node made, as one that reads into one buffer. What was the socket is an empty shell from
 * here on, and closes with it: a ChildProcess waits for the 'close' of each of its pipes.
 */
export function movedToOneBuffer(shell: Socket): Socket {
  const handle = handleToMove(shell);
  if (handle === undefined) return shell;
  const socket = oneBufferSocket(
    onread =>
      new Socket({ handle, readable: true, writable: true, allowHalfOpen: true, ...onread } as object),
  );
  socket.on('close', () => shell.destroy());
  return socket;
}

/**
 * Takes the chunks of such a socket, whose memory is only lent for the call. False for any other stream, which is to be
 * listened to.
 */
export function takeChunks(stream: object, give: (chunk: Uint8Array) => void): boolean {
  const outlet = outlets.get(stream);
  if (outlet === undefined) return false;
  outlet.give = give;
  if (outlet.early !== undefined) give(outlet.early);
  outlet.early = undefined;
  return true;
}

/** Stops reading. */
export function pause(stream: Readable): void {
  const outlet = outlets.get(stream);
  if (outlet !== undefined) outlet.resumed = false;
  stream.pause();
}

/** Reads on: such a socket once its turn has come. */
export function resume(stream: Readable): void {
  const outlet = outlets.get(stream);
  const waits = outlet?.reader.resting === true;
  if (outlet !== undefined) outlet.resumed = waits;
  if (!waits) stream.resume();
}

/** Asks before each read of such a socket where to read to. Does nothing for any other stream. */
export function readInto(stream: object, room: () => Uint8Array | undefined): void {
  const outlet = outlets.get(stream);
  if (outlet !== undefined) outlet.room = room;
}

/** Returns whether to read on. */
function receive(outlet: Outlet, bytes: Uint8Array, length: number): boolean {
  const chunk = bytes.subarray(0, length);
  if (outlet.give === undefined) outlet.early = Uint8Array.from(chunk);
  else outlet.give(chunk);
  return outlet.reader.read(length) && outlet.give !== undefined;
}
