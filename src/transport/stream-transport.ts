import type { Readable, Writable } from 'node:stream';
import { Observable, type Subscriber } from '../rx.js';
import { plainHandle } from './plain-handle.js';
import type { Transport } from './transport.js';
import { unreadOf } from './unread.js';
import { writeAllSync } from './write-sync.js';

/** A pair of Node streams, or one duplex stream given twice, as a {@link Transport}. */
export function streamTransport(readable: Readable, writable: Writable): Transport {
  return new StreamTransport(readable, writable);
}

type Taken = (error?: Error | null) => void;
type Countable = Partial<Pick<NodeJS.RefCounted, 'ref' | 'unref'>>;

class StreamTransport implements Transport {
  readonly bytes$ = new Observable<Uint8Array>(subscriber => this.#read(subscriber));
  readonly #readable: Readable & Countable;
  readonly #writable: Writable;
  #subscriber: Subscriber<Uint8Array> | undefined;
  #stopReading = () => {};
  #taken: Taken | undefined; // of the write under way
  #broken: Error | undefined;

  constructor(readable: Readable, writable: Writable) {
    this.#readable = readable;
    this.#writable = writable;
    // From the first moment on: an 'error' without a listener would end the process.
    readable.on('error', error => this.#break(error));
    if (!this.#duplex) writable.on('error', error => this.#break(error));
    // A stream that somebody else destroys may never answer the write that is under way.
    writable.on('close', () => this.#onWritten(closedUnder()));
  }

  write(batch: string | Uint8Array, taken: Taken): void {
    this.#taken = taken;
    this.#writable.write(batch, error => {
      // Node calls a write that was under way when its stream was destroyed a success.
      this.#onWritten(error ?? (this.#writable.destroyed ? closedUnder() : null));
    });
  }

  pause(): void {
    this.#readable.pause();
  }

  resume(): void {
    this.#readable.resume();
  }

  ref(): void {
    this.#readable.ref?.();
  }

  unref(): void {
    this.#readable.unref?.();
  }

  end(): void {
    this.#writable.end();
  }

  drainSync(
    underWay: string | Uint8Array | undefined,
    queued: Iterable<string | Uint8Array>,
    deadline: number,
  ): void {
    const handle = plainHandle(this.#writable);
    if (handle === undefined) return;
    const rest = underWay === undefined ? [] : [lastOf(underWay, handle.writeQueueSize)];
    for (const batch of [...rest, ...queued]) {
      if (!writeAllSync(handle.fd, bytesOf(batch), deadline)) return;
    }
  }

  destroy(reason?: Error): void {
    if (reason !== undefined) this.#break(reason);
    this.#readable.destroy();
    this.#writable.destroy();
  }

  #break(error: Error): void {
    this.#broken ??= error;
    this.#subscriber?.error(this.#broken);
  }

  get #duplex(): boolean {
    return (this.#writable as unknown) === this.#readable;
  }

  #onWritten(error: Error | null): void {
    const taken = this.#taken;
    if (taken === undefined) return;
    this.#taken = undefined;
    // A duplex stream destroys itself after a failed write, with all that its peer sent before it died.
    if (error !== null && this.#duplex) this.#readOut(error);
    taken(error);
  }

  #readOut(error: Error): void {
    this.#stopReading();
    for (const chunk of unreadOf(this.#readable)) this.#subscriber?.next(chunk);
    this.#break(error);
  }

  #read(subscriber: Subscriber<Uint8Array>): () => void {
    const readable = this.#readable;
    this.#subscriber = subscriber;
    if (this.#broken !== undefined) subscriber.error(this.#broken);
    if (readable.destroyed || readable.readableEnded) subscriber.complete();
    readable.on('data', readableOnData).on('end', readableOnEnd).on('close', readableOnEnd);
    this.#stopReading = stopReading;
    return stopReading;

    function readableOnData(chunk: Uint8Array | string): void {
      subscriber.next(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    }

    // 'close' without 'end' is a stream that was destroyed; completing twice does nothing.
    function readableOnEnd(): void {
      subscriber.complete();
    }

    function stopReading(): void {
      readable.off('data', readableOnData).off('end', readableOnEnd).off('close', readableOnEnd);
    }
  }
}

/** The last bytes of a batch: those that libuv has not yet written. */
function lastOf(batch: string | Uint8Array, length: number): Uint8Array {
  const bytes = bytesOf(batch);
  return bytes.subarray(bytes.length - length);
}

function bytesOf(batch: string | Uint8Array): Uint8Array {
  return typeof batch === 'string' ? Buffer.from(batch) : batch;
}

function closedUnder(): NodeJS.ErrnoException {
  return Object.assign(new Error('the stream was closed during a write'), { code: 'EPIPE' });
}
