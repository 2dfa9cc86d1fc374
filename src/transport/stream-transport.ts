import type { Readable, Writable } from 'node:stream';
import { Observable, type Subscriber } from '../rx.js';
import type { Transport } from './transport.js';
import { unreadOf } from './unread.js';

/** A pair of Node streams, or one duplex stream given twice, as a {@link Transport}. */
export function streamTransport(readable: Readable, writable: Writable): Transport {
  return new StreamTransport(readable, writable);
}

type Countable = Partial<Pick<NodeJS.RefCounted, 'ref' | 'unref'>>;

class StreamTransport implements Transport {
  readonly bytes$ = new Observable<Uint8Array>(subscriber => this.#read(subscriber));
  readonly #readable: Readable & Countable;
  readonly #writable: Writable;
  #subscriber: Subscriber<Uint8Array> | undefined;
  #stopReading = () => {};
  #broken: Error | undefined;

  constructor(readable: Readable, writable: Writable) {
    this.#readable = readable;
    this.#writable = writable;
    // From the first moment on: an 'error' without a listener would end the process.
    readable.on('error', error => this.#break(error));
    if ((writable as unknown) !== readable) writable.on('error', error => this.#break(error));
  }

  write(bytes: Uint8Array, taken: (error?: Error | null) => void): void {
    this.#writable.write(bytes, error => {
      // A duplex stream destroys itself after a failed write, with all that its peer sent before it died.
      if (error && (this.#writable as unknown) === this.#readable) this.#readOut();
      taken(error);
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

  destroy(reason?: Error): void {
    if (reason !== undefined) this.#break(reason);
    this.#readable.destroy();
    this.#writable.destroy();
  }

  #break(error: Error): void {
    this.#broken ??= error;
    this.#subscriber?.error(this.#broken);
  }

  #readOut(): void {
    this.#stopReading();
    for (const chunk of unreadOf(this.#readable)) this.#subscriber?.next(chunk);
  }

  #read(subscriber: Subscriber<Uint8Array>): () => void {
    const readable = this.#readable;
    this.#subscriber = subscriber;
    if (this.#broken !== undefined) subscriber.error(this.#broken);
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
