import { IpcError } from '../errors.js';
import { type ByteSink, byteSource } from './byte-source.js';
import { readNow } from './read-now.js';
import type { Taken, Transport } from './transport.js';
import { writeInSteps } from './write-sync.js';

/** What is used of a socket of Bun's. */
export interface BunSocket {
  /** How many bytes the kernel took, negative once the socket is closed. The rest is the caller's to keep. */
  write(bytes: Uint8Array): number;
  /** Ends the writing half. */
  shutdown(): void;
  /** Closes both halves, and calls `close` before it returns. */
  terminate(): void;
  pause(): void;
  resume(): void;
  ref(): void;
  unref(): void;
}

/** What Bun calls. `drain` also comes when nothing is waiting; `end` may be left out before `close`. */
export interface BunSocketHandlers {
  readonly binaryType: 'buffer';
  open(socket: BunSocket): void;
  data(socket: BunSocket, chunk: Uint8Array): void;
  drain(): void;
  end(): void;
  error(socket: BunSocket, error: Error): void;
  close(socket: BunSocket, error?: Error): void;
}

/** What is used of the global `Bun`. `open` is called before `connect` returns. */
export interface BunRuntime {
  connect(options: {
    readonly fd: number;
    readonly allowHalfOpen: true;
    readonly socket: BunSocketHandlers;
  }): Promise<unknown>;
}

/** The socket at a descriptor, as a {@link Transport} for Bun: its `new net.Socket({ fd })` is closed from the start. */
export function bunSocketTransport(
  fd: number,
  runtime = (globalThis as { Bun?: BunRuntime }).Bun,
): Transport {
  if (runtime === undefined) throw notOpened(fd);
  return new BunSocketTransport(fd, runtime);
}

class BunSocketTransport implements Transport {
  readonly bytes$ = byteSource(sink => this.#read(sink));
  readonly #fd: number;
  readonly #socket: BunSocket;
  #subscriber: ByteSink | undefined;
  #taken: Taken | undefined; // of the write under way
  #rest: Uint8Array | undefined; // of it, not yet the kernel's
  #wanted = true; // not paused by the channel
  #flowing = true; // Bun's socket is not paused
  #ending = false;
  #over: { readonly error: Error | undefined } | undefined; // how bytes$ ended
  #closed = false;

  constructor(fd: number, runtime: BunRuntime) {
    this.#fd = fd;
    let opened: BunSocket | undefined;
    const handlers: BunSocketHandlers = {
      binaryType: 'buffer',
      open: socket => {
        opened = socket;
      },
      data: (_socket, chunk) => this.#subscriber?.next(chunk),
      drain: () => {
        if (this.#writeOn()) this.#settle(null);
      },
      end: () => this.#finish(undefined),
      error: (_socket, error) => this.#finish(error),
      close: (_socket, error) => this.#onClose(error),
    };
    // What the promise would tell, the handlers tell earlier.
    runtime.connect({ fd, allowHalfOpen: true, socket: handlers }).catch(error => this.#finish(error));
    if (opened === undefined) throw notOpened(fd);
    this.#socket = opened;
    this.#regulate();
  }

  write(batch: string | Uint8Array, taken: Taken): boolean {
    this.#taken = taken;
    this.#rest = typeof batch === 'string' ? Buffer.from(batch) : batch;
    return this.retry();
  }

  retry(): boolean {
    if (!this.#writeOn()) return false;
    this.#taken = undefined;
    return true;
  }

  pause(): void {
    this.#wanted = false;
    this.#regulate();
  }

  resume(): void {
    this.#wanted = true;
    this.#regulate();
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  end(): void {
    this.#ending = true;
    if (this.#rest === undefined && !this.#closed) this.#socket.shutdown();
  }

  // What of the batch under way is left, is known here; the caller knows only that it was not taken.
  *drainSync(
    _underWay: string | Uint8Array | undefined,
    queued: Iterable<string | Uint8Array>,
  ): Generator<undefined, void> {
    if (this.#closed) return;
    const rest = this.#rest === undefined ? [] : [this.#rest];
    this.#rest = undefined;
    for (const batch of [...rest, ...queued]) {
      const bytes = typeof batch === 'string' ? Buffer.from(batch) : batch;
      if (!(yield* writeInSteps(this.#fd, bytes))) return;
    }
  }

  destroy(reason?: Error): void {
    if (reason !== undefined) this.#finish(reason);
    if (!this.#closed) this.#socket.terminate();
  }

  /** @internal */
  fail(): void {
    if (this.#taken === undefined) return;
    this.#readOut();
    this.#settle(closedUnder());
  }

  /** Whether the kernel has all of the write under way now. */
  #writeOn(): boolean {
    const rest = this.#rest;
    if (rest === undefined) return false;
    const count = this.#closed ? -1 : this.#socket.write(rest);
    if (count >= 0 && count < rest.length) {
      this.#rest = rest.subarray(count);
      return false; // until 'drain'
    }
    this.#rest = undefined;
    // A tick later: this may be inside a send, whose caller does not expect messages from there.
    if (count < 0) process.nextTick(fail, this);
    else if (this.#ending) this.#socket.shutdown();
    return count >= 0;
  }

  /** A write failed, and its caller will drop the link: what the peer sent before it died comes first. */
  #readOut(): void {
    if (this.#closed || this.#over !== undefined) return;
    this.pause();
    for (let chunk = readNow(this.#fd); chunk !== undefined; chunk = readNow(this.#fd)) {
      this.#subscriber?.next(chunk);
    }
    this.#finish(closedUnder());
  }

  #settle(error: Error | null): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.(error);
  }

  #onClose(error: Error | undefined): void {
    this.#closed = true;
    this.#rest = undefined;
    this.#finish(error);
    this.#settle(closedUnder());
  }

  /** bytes$ ends once; what comes later says nothing new. */
  #finish(error: Error | undefined): void {
    this.#over ??= { error };
    this.#tellOver();
  }

  #tellOver(): void {
    if (this.#over === undefined) return;
    if (this.#over.error === undefined) this.#subscriber?.complete();
    else this.#subscriber?.error(this.#over.error);
  }

  #read(subscriber: ByteSink): () => void {
    this.#subscriber = subscriber;
    this.#tellOver();
    this.#regulate();
    return () => {
      this.#subscriber = undefined;
      this.#regulate();
    };
  }

  /** Reads while somebody listens and is not full. */
  #regulate(): void {
    const flowing = this.#wanted && this.#subscriber !== undefined;
    if (flowing === this.#flowing || this.#closed) return;
    this.#flowing = flowing;
    if (flowing) this.#socket.resume();
    else this.#socket.pause();
  }
}

function fail(transport: BunSocketTransport): void {
  transport.fail();
}

function notOpened(fd: number): IpcError {
  return new IpcError(
    'ERR_TRANSPORT',
    `Bun.connect() did not open the socket at descriptor ${fd}. Update Bun: 1.4 opens it.`,
  );
}

function closedUnder(): NodeJS.ErrnoException {
  return Object.assign(new Error('the socket was closed during a write'), { code: 'EPIPE' });
}
