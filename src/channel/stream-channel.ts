import type { IpcError } from '../errors.js';
import { type Observable, type ObservableInput, Subject, type Unsubscribable } from '../rx.js';
import { type Inbound, inbound } from '../streams/inbound.js';
import { type Outbound, outbound } from '../streams/outbound.js';
import type { Transport } from '../transport/transport.js';
import { Writer } from '../transport/writer.js';
import type { Channel, CloseReason, SendCallback } from './channel.js';
import { Failures } from './failures.js';
import { Intake } from './intake.js';
import { iterate } from './iterate.js';
import { channelClosed, Lifecycle } from './lifecycle.js';
import type { ChannelMetrics } from './metrics.js';
import { type ChannelOptions, resolveOptions } from './options.js';
import { Stop, sendAll } from './send-all.js';

/** Who keeps the event loop alive: the link always, or only while somebody consumes messages (a child's channel). */
export type KeepAlive = 'always' | 'while consumed';

/**
 * The wiring of a channel, and the only place that knows all of its parts.
 *
 * IN   transport.bytes$ → inbound (split, decode, unwrap) → intake → messages$, batches$, iterators
 * OUT  send → outbound (wrap, encode, join) → writer (queue, flush policy) → transport.write
 */
export class StreamChannel<Out, In> implements Channel<Out, In> {
  readonly messages$: Observable<In>;
  readonly batches$: Observable<readonly In[]>;
  readonly failures$: Observable<IpcError>;
  readonly drain$: Observable<void>;
  readonly closed: Promise<CloseReason>;
  readonly #transport: Transport;
  readonly #inbound: Inbound<In>;
  readonly #outbound: Outbound<Out>;
  readonly #writer: Writer;
  readonly #intake: Intake<In>;
  readonly #lifecycle: Lifecycle;
  readonly #failures = new Failures();
  readonly #drained = new Subject<void>();
  readonly #closeOnBadFrame: boolean;
  readonly #openedAt = Date.now();
  readonly #reading: Unsubscribable;
  #countReferences: boolean;
  #sentMessages = 0;
  #receivedMessages = 0;
  #receivedBytes = 0;
  #reads = 0;

  constructor(transport: Transport, options: ChannelOptions<Out, In>, keepAlive: KeepAlive) {
    const resolved = resolveOptions(options);
    const { codec, framing, envelope } = resolved;
    const stages = { framing, envelope, syntax: codec.syntax, coder: codec.create() };
    this.#transport = transport;
    this.#closeOnBadFrame = resolved.onBadFrame === 'close';
    this.#outbound = outbound(stages);
    this.#inbound = inbound(stages, resolved.maxFrameBytes);
    this.#writer = new Writer(transport, resolved, {
      onTaken: () => this.#lifecycle.progress(),
      onDrain: () => this.#drained.next(),
      onWriteError: error => this.#linkOnError(error),
    });
    this.#intake = new Intake<In>({
      onDemand: reading => (reading ? transport.resume() : transport.pause()),
      onConsumers: any => this.#intakeOnConsumers(any),
      onConsumed: () => this.#lifecycle.progress(),
    });
    this.#lifecycle = new Lifecycle(
      {
        flush: () => this.#writer.flush(),
        endLink: () => transport.end(),
        onClosing: () => this.#lifecycleOnClosing(),
        onClosed: reason => this.#lifecycleOnClosed(reason),
      },
      resolved.closeTimeoutMs,
    );
    this.closed = this.#lifecycle.closed;
    this.messages$ = this.#intake.messages$;
    this.batches$ = this.#intake.batches$;
    this.failures$ = this.#failures.failures$;
    this.drain$ = this.#drained.asObservable();
    this.#countReferences = keepAlive === 'while consumed';
    if (this.#countReferences) transport.unref();
    this.#reading = transport.bytes$.subscribe({
      next: chunk => this.#linkOnChunk(chunk),
      error: error => this.#linkOnError(error),
      complete: () => this.#linkOnEnd(),
    });
    this.#heed(options.signal);
  }

  get connected(): boolean {
    return this.#lifecycle.reason === undefined;
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  send(message: Out, callback?: SendCallback): boolean {
    const { reason } = this.#lifecycle;
    if (reason !== undefined) return refuse(reason, callback);
    const room = this.#writer.push(this.#outbound.encode(message), 1, callback);
    this.#sentMessages += 1;
    return room;
  }

  sendMany(messages: readonly Out[], callback?: SendCallback): boolean {
    const { reason } = this.#lifecycle;
    if (reason !== undefined) return refuse(reason, callback);
    if (messages.length === 0) {
      if (callback !== undefined) process.nextTick(callback, null);
      return this.#writer.hasRoom;
    }
    const room = this.#writer.push(this.#outbound.encodeMany(messages), messages.length, callback);
    this.#sentMessages += messages.length;
    return room;
  }

  async sendAll(source: ObservableInput<Out>, { signal }: { signal?: AbortSignal } = {}): Promise<number> {
    const stop = new Stop();
    const onAbort = () => stop.stop(signal?.reason);
    void this.closed.then(reason => stop.stop(channelClosed(reason)));
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
    try {
      return await sendAll(this, source, stop);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async ready(): Promise<void> {
    const { reason } = this.#lifecycle;
    if (reason !== undefined) throw channelClosed(reason);
    await this.#writer.ready();
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  destroy(reason?: Error): void {
    this.#intake.abort();
    this.#lifecycle.destroy(reason);
  }

  ref(): this {
    this.#countReferences = false;
    this.#transport.ref();
    return this;
  }

  unref(): this {
    this.#countReferences = false;
    this.#transport.unref();
    return this;
  }

  metrics(): ChannelMetrics {
    const writer = this.#writer;
    return {
      sent: { messages: this.#sentMessages, bytes: writer.bytesWritten },
      received: { messages: this.#receivedMessages, bytes: this.#receivedBytes },
      writes: writer.writes,
      reads: this.#reads,
      queuedBytes: writer.queuedBytes,
      queuedBytesPeak: writer.peakBytes,
      drains: writer.drains,
      badFrames: this.#failures.count,
      openedAt: this.#openedAt,
    };
  }

  [Symbol.asyncIterator](): AsyncIterator<In, undefined> {
    return iterate(this.#intake);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #linkOnChunk(chunk: Uint8Array): void {
    this.#reads += 1;
    this.#receivedBytes += chunk.byteLength;
    this.#lifecycle.progress();
    const { messages, failures } = this.#inbound.push(chunk);
    this.#receivedMessages += messages.length;
    this.#intake.push(messages, chunk.byteLength);
    for (const failure of failures) this.#report(failure);
  }

  #linkOnEnd(): void {
    const cutOff = this.#inbound.end();
    if (cutOff !== undefined) this.#report(cutOff);
    this.#intake.end();
    this.#lifecycle.peerEnded();
  }

  #linkOnError(error: unknown): void {
    this.#lifecycle.linkBroke(error);
  }

  #report(failure: IpcError): void {
    this.#failures.report(failure);
    if (this.#closeOnBadFrame) this.destroy(failure);
  }

  #intakeOnConsumers(any: boolean): void {
    if (!this.#countReferences) return;
    if (any) this.#transport.ref();
    else this.#transport.unref();
  }

  #lifecycleOnClosing(): void {
    // A close() that somebody waits for is something to stay alive for; it is bounded by closeTimeoutMs.
    this.ref();
    this.#intake.discardUnwanted();
  }

  #lifecycleOnClosed(reason: CloseReason): void {
    this.#reading?.unsubscribe();
    this.#transport.destroy();
    this.#writer.fail(channelClosed(reason));
    this.#intake.end();
    this.#failures.complete();
    this.#drained.complete();
  }

  #heed(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const onAbort = () => this.destroy(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    void this.closed.then(() => signal.removeEventListener('abort', onAbort));
  }
}

/**
 * A send on a channel that has ended. With a callback, that is told. Without one, a caller that closed the channel
 * itself has made a mistake and gets it thrown; one whose peer left could not know, and gets what it would have got
 * had the peer left a moment later: false.
 */
function refuse(reason: CloseReason, callback: SendCallback | undefined): false {
  if (callback !== undefined) process.nextTick(callback, channelClosed(reason));
  else if (reason === 'local') throw channelClosed(reason);
  return false;
}
