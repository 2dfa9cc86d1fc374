import type { Histogram } from 'node:perf_hooks';
import type { IpcError } from '../errors.js';
import type { ObservableInput } from '../rx.js';
import type { Handle, SendHandleOptions } from '../transport/handle.js';
import type { Arrival } from './arrival.js';
import type { Behaviour } from './behaviour.js';
import type { Channel, ChannelMetrics, CloseReason, SendAllOptions, SendCallback } from './channel.js';
import { dense } from './dense.js';
import { publish } from './diagnostics.js';
import { Failures } from './failures.js';
import { handlesUnavailable } from './handles-unavailable.js';
import { Intake } from './intake.js';
import { iterate } from './iterate.js';
import { LateSubject } from './late-subject.js';
import { channelClosed, destroyOnAbort, Lifecycle, refuse } from './lifecycle.js';
import type { Link } from './link.js';
import { ObservableSide } from './observable-side.js';
import { type DelayWatcher, type QueueDelay, queueDelayOf } from './queue-delay.js';
import { References } from './references.js';
import { sendAllWhileOpen } from './send-all.js';

/**
 * The wiring of a channel: a link below, consumers above, a lifecycle for both.
 *
 * IN   link → intake → messages$, batches$, iterators
 * OUT  send → link
 */
export class StreamChannel<Out, In> extends ObservableSide<In> implements Channel<Out, In> {
  readonly closed: Promise<CloseReason>;
  readonly #link: Link<Out, In>;
  readonly #behaviour: Behaviour;
  readonly #intake: Intake<In>;
  readonly #lifecycle: Lifecycle;
  readonly #references: References;
  readonly #failures = new Failures(error =>
    publish('deka-ipc:channel:badFrame', () => ({ channel: this, error })),
  );
  readonly #drained = new LateSubject<void>();
  readonly #openedAt = Date.now();
  #queueDelay: QueueDelay | undefined;
  #receivedMessages = 0;
  #drains = 0;

  /** @param members what this channel has beyond others: there when it is published. */
  constructor(link: Link<Out, In>, behaviour: Behaviour, members: object = {}) {
    super();
    const { keepAlive, busyPoll, signal } = behaviour;
    this.#link = link;
    this.#behaviour = behaviour;
    this.#intake = new Intake<In>({
      onDemand: reading => (reading ? link.resume() : link.pause()),
      onConsumers: any => this.#references.consumed(any),
      onConsumed: () => this.#lifecycle.progress(),
    });
    this.#lifecycle = new Lifecycle(
      {
        flush: () => link.flush(),
        endLink: () => link.end(),
        onClosing: () => this.#lifecycleOnClosing(),
        onClosed: reason => this.#lifecycleOnClosed(reason),
      },
      behaviour,
    );
    this.observe({ intake: this.#intake, failures: this.#failures, drained: this.#drained });
    this.closed = this.#lifecycle.closed;
    this.#references = new References(link, keepAlive, busyPoll);
    Object.assign(this, members);
    publish('deka-ipc:channel:open', () => ({ channel: this }));
    if (this.#lifecycle.over) return; // by a subscriber
    link.start({
      onMessages: (messages, bytes, arrival) => this.#linkOnMessages(messages, bytes, arrival),
      onFailure: failure => this.#linkOnFailure(failure),
      onHandleFailure: failure => this.#failures.tell(failure),
      onEnd: () => this.#linkOnEnd(),
      onError: error => this.#lifecycle.linkBroke(error),
      onProgress: messages => this.#linkOnProgress(messages),
      onDrain: () => this.#linkOnDrain(),
    });
    if (signal !== undefined) destroyOnAbort(this, signal);
  }

  get connected(): boolean {
    return this.#lifecycle.reason === undefined;
  }

  get queuedBytes(): number {
    return this.#link.counters().queuedBytes;
  }

  send(
    message: Out,
    second?: SendCallback | Handle,
    options?: SendHandleOptions,
    callback?: SendCallback,
  ): boolean {
    const { reason } = this.#lifecycle;
    const told = typeof second === 'function' ? second : callback;
    if (reason !== undefined) return refuse(reason, told);
    if (second === undefined || second === told) return this.#link.send(message, told);
    return this.#sendHandle(message, second as Handle, options, told);
  }

  sendMany(messages: readonly Out[], callback?: SendCallback): boolean {
    const { reason } = this.#lifecycle;
    if (reason !== undefined) return refuse(reason, callback);
    return this.#link.sendMany(dense(messages), callback);
  }

  sendAll(source: ObservableInput<Out>, { signal }: SendAllOptions = {}): Promise<number> {
    const { joined } = this.#intake;
    const sending = sendAllWhileOpen(this, source, signal);
    // It consumes what it answers: what the peer sent before its end is still to be answered.
    if (this.#intake.joined > joined) this.#lifecycle.workUntil(sending);
    return sending;
  }

  async ready(): Promise<void> {
    const { reason } = this.#lifecycle;
    if (reason !== undefined) throw channelClosed(reason);
    await this.#link.ready();
  }

  flush(): Promise<void> {
    return this.#link.flush();
  }

  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  destroy(reason?: Error): void {
    this.#intake.abort();
    this.#lifecycle.destroy(reason);
  }

  /** The peer has died: what it left is finite, and is read to its end whether anybody consumes it or not. */
  readToEnd(): void {
    this.#intake.readToEnd();
  }

  ref(): this {
    this.#references.ref();
    return this;
  }

  unref(): this {
    this.#references.unref();
    return this;
  }

  metrics(): ChannelMetrics {
    const link = this.#link.counters();
    return {
      sent: { messages: link.sent, bytes: link.bytesSent },
      received: { messages: this.#receivedMessages, bytes: link.bytesReceived },
      writes: link.writes,
      reads: link.reads,
      queuedBytes: link.queuedBytes,
      queuedBytesPeak: link.queuedBytesPeak,
      drains: this.#drains,
      badFrames: this.#failures.count,
      openedAt: this.#openedAt,
    };
  }

  queueDelay(): Histogram {
    this.#queueDelay ??= queueDelayOf(this.#link);
    return this.#queueDelay.histogram();
  }

  watchQueueDelay(watcher: DelayWatcher): () => void {
    this.#queueDelay ??= queueDelayOf(this.#link);
    return this.#queueDelay.watch(watcher);
  }

  [Symbol.asyncIterator](): AsyncIterator<In, undefined> {
    return iterate(this.#intake, () => this.#lifecycle.work());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** As a subscriber to `messages$`, without rxjs. Returns what ends it. */
  consume(next: (message: In) => void): () => void {
    const consumer = { next, complete: () => {} };
    this.#intake.add(consumer);
    return () => this.#intake.remove(consumer);
  }

  /** The handle that came with the message being delivered: from now on it is the caller's. */
  takeHandle(): Handle | undefined {
    return this.#intake.arrival?.take();
  }

  #sendHandle(
    message: Out,
    handle: Handle,
    options: SendHandleOptions = {},
    callback: SendCallback | undefined,
  ): boolean {
    if (this.#link.sendHandle === undefined) throw handlesUnavailable();
    return this.#link.sendHandle(message, handle, options, callback);
  }

  #linkOnMessages(messages: readonly In[], bytes: number, arrival: Arrival | undefined): void {
    this.#receivedMessages += messages.length;
    this.#lifecycle.progress();
    this.#references.arrived();
    this.#intake.push(messages, bytes, arrival);
  }

  #linkOnProgress(messages: number): void {
    this.#lifecycle.progress();
    this.#references.left(messages);
  }

  #linkOnFailure(failure: IpcError): void {
    this.#failures.report(failure);
    if (this.#behaviour.onBadFrame === 'close') this.destroy(failure);
  }

  #linkOnDrain(): void {
    this.#drains += 1;
    publish('deka-ipc:channel:drain', () => ({ channel: this, queuedBytes: this.queuedBytes }));
    this.#drained.next();
  }

  #linkOnEnd(): void {
    this.#intake.end();
    this.#behaviour.onPeerEnd?.();
    this.#lifecycle.peerEnded();
  }

  #lifecycleOnClosing(): void {
    // A close() that somebody waits for is something to stay alive for; it is bounded by closeTimeoutMs.
    this.#references.ref();
    this.#intake.discardUnwanted();
  }

  #lifecycleOnClosed(reason: CloseReason): void {
    this.#link.destroy();
    this.#references.end();
    this.#link.fail(channelClosed(reason));
    this.#intake.end();
    this.#failures.complete();
    this.#drained.complete();
    publish('deka-ipc:channel:close', () => ({ channel: this, reason }));
  }
}
