import type { Readable, Writable } from 'node:stream';
import { type ByteSink, byteSource } from './byte-source.js';
import { pause, readInto, resume, takeChunks } from './one-buffer.js';
import { plainHandle } from './plain-handle.js';
import type { Taken, Transport } from './transport.js';
import { unreadOf } from './unread.js';
import { writeInSteps, writeSome } from './write-sync.js';

/** A pair of Node streams, or one duplex stream given twice, as a {@link Transport}. */
export function streamTransport(readable: Readable, writable: Writable): Transport {
  return new StreamTransport(readable, writable);
}

type Countable = Partial<Pick<NodeJS.RefCounted, 'ref' | 'unref'>>;

class StreamTransport implements Transport {
  readonly bytes$ = byteSource(sink => this.#read(sink));
  readonly #readable: Readable & Countable;
  readonly #writable: Writable;
  #subscriber: ByteSink | undefined;
  #stopReading = () => {};
  #taken: Taken | undefined; // of the write under way
  #rest: string | Uint8Array | undefined; // of it, not yet given to the stream
  #broken: Error | undefined;

  constructor(readable: Readable, writable: Writable) {
    this.#readable = readable;
    this.#writable = writable;
    // The peer's end of file must not end our side while messages are queued.
    if (this.#duplex && 'allowHalfOpen' in writable) writable.allowHalfOpen = true;
    // From the first moment on: an 'error' without a listener would end the process.
    readable.on('error', error => this.#break(error));
    if (!this.#duplex) writable.on('error', error => this.#break(error));
    // A stream that somebody else destroys may never answer the write that is under way.
    writable.on('close', () => this.#onWritten(closedUnder()));
  }

  write(batch: string | Uint8Array, taken: Taken): boolean {
    this.#taken = taken;
    this.#rest = this.#writeNow(batch);
    if (this.#rest === undefined) return this.#hasTaken();
    // Until the end of the tick the rest is tried again; then it is the stream's, which waits for room.
    if (plainHandle(this.#writable) === undefined) this.handOver();
    else process.nextTick(handOver, this);
    return false;
  }

  retry(): boolean {
    if (this.#rest === undefined) return false;
    this.#rest = this.#writeNow(this.#rest);
    return this.#rest === undefined && this.#hasTaken();
  }

  /** @internal */
  handOver(): void {
    const rest = this.#rest;
    if (rest === undefined) return;
    this.#rest = undefined;
    // Another stream may have passed it on as it is.
    const free = plainHandle(this.#writable) !== undefined;
    this.#writable.write(rest, error => {
      // Node calls a write that was under way when its stream was destroyed a success.
      this.#onWritten(error ?? (this.#writable.destroyed ? closedUnder() : null), free);
    });
  }

  readInto(room: () => Uint8Array | undefined): void {
    readInto(this.#readable, room);
  }

  pause(): void {
    pause(this.#readable);
  }

  resume(): void {
    resume(this.#readable);
  }

  ref(): void {
    this.#readable.ref?.();
  }

  unref(): void {
    this.#readable.unref?.();
  }

  end(): void {
    this.handOver();
    this.#writable.end();
  }

  *drainSync(
    underWay: string | Uint8Array | undefined,
    queued: Iterable<string | Uint8Array>,
  ): Generator<undefined, void> {
    const handle = plainHandle(this.#writable);
    if (handle === undefined) return;
    const unwritten = underWay === undefined ? [] : [this.#rest ?? lastOf(underWay, handle.writeQueueSize)];
    this.#rest = undefined;
    for (const batch of [...unwritten, ...queued]) {
      if (!(yield* writeInSteps(handle.fd, bytesOf(batch)))) return;
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

  /**
   * Writes what the kernel takes at once, past the stream: a stream costs several times the system call. Only while the
   * stream has nothing of its own to write, so the order holds. Returns what is left; an error is left to the stream.
   */
  #writeNow(batch: string | Uint8Array): string | Uint8Array | undefined {
    const writable = this.#writable;
    const handle = plainHandle(writable);
    if (handle === undefined || writable.writableLength > 0 || !writable.writable) return batch;
    const written = writeSome(handle.fd, batch);
    if (written === undefined || written === 0) return batch;
    const bytes = typeof batch === 'string' ? Buffer.byteLength(batch) : batch.byteLength;
    return written === bytes ? undefined : bytesOf(batch).subarray(written);
  }

  #hasTaken(): true {
    this.#taken = undefined;
    return true;
  }

  get #duplex(): boolean {
    return (this.#writable as unknown) === this.#readable;
  }

  #onWritten(error: Error | null, free = false): void {
    const taken = this.#taken;
    if (taken === undefined) return;
    this.#taken = undefined;
    // A duplex stream destroys itself after a failed write, with all that its peer sent before it died.
    if (error !== null && this.#duplex) this.#readOut(error);
    taken(error, free);
  }

  #readOut(error: Error): void {
    this.#stopReading();
    for (const chunk of unreadOf(this.#readable)) this.#subscriber?.next(chunk);
    this.#break(error);
  }

  #read(subscriber: ByteSink): () => void {
    const readable = this.#readable;
    this.#subscriber = subscriber;
    if (this.#broken !== undefined) subscriber.error(this.#broken);
    if (readable.destroyed || readable.readableEnded) subscriber.complete();
    readable.on('end', readableOnEnd).on('close', readableOnEnd);
    if (!takeChunks(readable, chunk => subscriber.next(chunk))) readable.on('data', readableOnData);
    else if (readable.readableFlowing !== false) readable.resume(); // as a listener to 'data' would
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

function handOver(transport: StreamTransport): void {
  transport.handOver();
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
