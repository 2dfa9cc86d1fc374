import type { Socket } from 'node:net';
import { type Handle, isSocket } from './handle.js';
import type { NodeChannel } from './lane-end.js';

/** A handle on its way out: until the other process has it, it can be had back. */
export interface OutgoingHandle {
  /** Gives it to the channel. False if there was nothing to give: the handle is closed, the tag went alone. */
  send(channel: NodeChannel, tag: object): boolean;
  /** The other process has it. */
  arrived(): void;
  /** It stays here. */
  restore(): void;
}

interface NativeSocket {
  reading: boolean;
  onread: unknown;
  readStart(): number;
  readStop(): number;
  close?: () => void;
}

type Native = NativeSocket & { close(): void };

/** What is used of Node's private parts of a socket; those that Node itself changes when it sends one. */
interface SocketParts {
  _handle: NativeSocket | null;
  server?: { _connections: number } | null;
}

/** From now on nothing more is read from a socket that will leave: what the peer writes waits for the other process. */
export function outgoingHandle(handle: Handle, keepOpen: boolean): OutgoingHandle {
  return !keepOpen && isSocket(handle) ? new LeavingSocket(handle) : shared(handle);
}

/** Both processes have it afterwards, so there is nothing to take away and nothing to give back. */
function shared(handle: Handle): OutgoingHandle {
  return {
    send(channel, tag) {
      channel.send(tag, handle, { keepOpen: true }, ignore);
      return isUnderWay(channel);
    },
    arrived() {},
    restore() {},
  };
}

/**
 * ```
 * state   | send()        | arrived() | restore()
 * here    | → leaving     |           | reads on
 * leaving |               | → gone    | → here
 * gone    |               |           |
 * ```
 * Node takes the native handle off the socket when it sends it, and closes it as soon as it is acknowledged, could not be
 * written, or the channel ends. Only the first is right: in between, its `close` does nothing.
 */
class LeavingSocket implements OutgoingHandle {
  readonly #socket: Socket & SocketParts;
  readonly #native: NativeSocket | null;
  readonly #wasReading: boolean;
  #leaving: Pick<NativeSocket, 'onread'> & { readonly timeoutMs: number | undefined } = ignoredParts;

  constructor(socket: Socket) {
    this.#socket = socket as Socket & SocketParts;
    this.#native = this.#socket._handle;
    this.#wasReading = this.#native?.reading === true;
    this.#stopReading();
  }

  send(channel: NodeChannel, tag: object): boolean {
    const native = this.#native;
    if (native === null || this.#socket._handle !== native) return this.#sendAlone(channel, tag);
    this.#stopReading();
    this.#leaving = { onread: native.onread, timeoutMs: this.#socket.timeout };
    native.close = ignore;
    channel.send(tag, this.#socket, {}, ignore);
    return true;
  }

  arrived(): void {
    const native = this.#native as Native;
    Reflect.deleteProperty(native, 'close'); // the one that did nothing
    native.close();
  }

  restore(): void {
    const native = this.#native as Native;
    const socket = this.#socket;
    if (socket._handle === null && this.#leaving !== ignoredParts) {
      Reflect.deleteProperty(native, 'close'); // the one that did nothing
      if (socket.destroyed) {
        native.close();
        return;
      }
      native.onread = this.#leaving.onread;
      socket._handle = native;
      if (this.#leaving.timeoutMs !== undefined) socket.setTimeout(this.#leaving.timeoutMs);
      if (socket.server) socket.server._connections += 1;
    }
    if (!this.#wasReading || socket._handle !== native) return;
    native.reading = true; // not by socket.read(0): to the stream, a read is still under way
    native.readStart();
  }

  #sendAlone(channel: NodeChannel, tag: object): false {
    channel.send(tag, undefined, {}, ignore);
    return false;
  }

  #stopReading(): void {
    if (this.#native?.reading !== true) return;
    this.#native.reading = false;
    this.#native.readStop();
  }
}

const ignoredParts = { onread: undefined, timeoutMs: undefined };

/** Node waits for the acknowledgement of the handle, so there was one. */
function isUnderWay(channel: NodeChannel): boolean {
  return channel._handleQueue !== null;
}

function ignore(): void {}
