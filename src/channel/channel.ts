import type { Histogram } from 'node:perf_hooks';
import type { IpcError } from '../errors.js';
import type { Observable, ObservableInput } from '../rx.js';
import type { Handle, SendHandleOptions } from '../transport/handle.js';
import type { Delivery } from './deliveries.js';
import type { DelayWatcher } from './queue-delay.js';

/** Told once per `send`: null when the kernel has the message, the error when it never will. Never in the same tick. */
export type SendCallback = (error: Error | null) => void;

/** Why a channel ended: this side closed it, the other side did (or died), or the link broke. */
export type CloseReason = 'local' | 'peer' | { readonly error: IpcError };

/** Options of {@link Channel.sendAll}. */
export interface SendAllOptions {
  /** Ends the sending, with its reason, when it aborts. What was sent until then stays sent. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * One end of a duplex message stream. `Out` is what this end sends, `In` what it receives.
 *
 * Where it comes from: `fork`, `spawn`, `parent`, `connect`, `listen`, `fromStreams`, `stdio`, `pair`, `open`.
 *
 * @example
 * const [left, right] = pair<string, number>();
 * right.messages$.subscribe(text => right.send(text.length));
 * left.messages$.subscribe(length => console.log(length)); // 5
 * left.send('hello');
 */
export interface Channel<Out = unknown, In = unknown> extends AsyncIterable<In>, AsyncDisposable {
  /**
   * Every message, in order, hot and shared. Before the first subscriber a bounded part is read and kept for it, then
   * the socket rests: nothing is lost and nothing piles up. When the last subscriber leaves in the middle of a chunk,
   * the rest waits for the next one. Completes when the channel ends; a bad frame is no error of it. What a
   * subscriber sends while `messages$` completes still goes out.
   */
  readonly messages$: Observable<In>;
  /** The same messages as they came in, one array per chunk read: for consumers that work in batches. */
  readonly batches$: Observable<readonly In[]>;
  /**
   * The same messages, each with the handle that came with it, if any. Whoever subscribes takes the handles, to use and to
   * close; one whose message is delivered while nobody is subscribed here is closed, and reported on `failures$`.
   *
   * @example
   * channel.deliveries$.subscribe(({ message, handle }) => {
   *   if (handle instanceof Socket) handle.end(`you are number ${message}`);
   * });
   */
  readonly deliveries$: Observable<Delivery<In>>;
  /**
   * Frames that could not be read: `ERR_DECODE`, `ERR_INVALID_MESSAGE`, `ERR_BAD_ENVELOPE`, `ERR_FRAME_TOO_LARGE`; handles
   * that did not come with their message, or that nobody took: `ERR_HANDLE_UNDELIVERED`, `ERR_HANDLE_UNCLAIMED`. The channel
   * goes on, but for an `ERR_FRAMING_LOST` or `ERR_CODEC_MISMATCH`, after which nothing can be read. The first 100 are kept
   * for the first subscriber. A flood is reported at a bounded rate: beyond 1 000 a second, or 100 of one chunk, one failure
   * stands for many and says for how many in `count`. `metrics().badFrames` counts all frames.
   */
  readonly failures$: Observable<IpcError>;
  /** Fires when the send queue has fallen to the low-water mark after `send` returned false. */
  readonly drain$: Observable<void>;
  /** Settles once, when the link is down. Never rejects. Messages already received may still be read. */
  readonly closed: Promise<CloseReason>;
  /** True while messages can be sent. */
  readonly connected: boolean;
  /** Bytes accepted by `send` and not yet taken by the kernel. */
  readonly queuedBytes: number;

  /**
   * Encodes the message at once (later changes to it change nothing) and queues it. All sends of one tick leave in
   * one write.
   *
   * @returns false once the queue has reached `highWaterMarkBytes`, or this turn of the event loop has written 128 KiB; the
   * message is accepted all the same. Then wait for `ready()` or `drain$`. Also false, and not accepted, when the peer is
   * gone: `closed` tells why.
   * @throws `ERR_ENCODE` for a message that the codec cannot write, `ERR_QUEUE_FULL` past `maxQueueBytes`,
   * `ERR_CHANNEL_CLOSED` after this side's own `close()` or `destroy()` if there is no callback to tell.
   * @example
   * if (!channel.send({ id: 1 })) await channel.ready();
   */
  send(message: Out, callback?: SendCallback): boolean;
  /**
   * As above, with a handle: a `net.Socket`, a `net.Server` on TCP or a Unix socket, a `dgram.Socket`. It arrives with its
   * message, in the order of `send`. A socket then belongs to the other process and is of no use here any more, unless
   * `keepOpen` is set; servers and UDP sockets stay open on both sides. Bytes already read here do not go along: see
   * docs/handles.md.
   *
   * The callback is told null when the other process has the handle. `ERR_HANDLE_UNDELIVERED` says that it is still open
   * here.
   *
   * @returns false also while 64 handles are not delivered.
   * @throws `ERR_HANDLES_UNAVAILABLE` unless the child was started with `handles: true`, `ERR_INVALID_HANDLE_TYPE`.
   * @example
   * const server = createServer({ pauseOnConnect: true }, socket => worker.send('serve', socket));
   */
  send(
    message: Out,
    handle: Handle | undefined,
    options?: SendHandleOptions,
    callback?: SendCallback,
  ): boolean;
  /** Many at once, in order; none if one cannot be encoded. Costs less per message than `send`. Otherwise as `send`. */
  sendMany(messages: readonly Out[], callback?: SendCallback): boolean;
  /**
   * Sends everything a source yields. A pulled source (iterable, async iterable, Readable) is read only as fast as the
   * peer reads; for an Observable the queue is bounded by `maxQueueBytes`.
   *
   * A source that consumes this very channel sends answers: the end of the peer leaves it the time to send them all.
   *
   * @returns the number of messages handed to the kernel, once all are.
   * @throws what the source throws, what `send` throws, `ERR_CHANNEL_CLOSED` when the channel ends first, the reason
   * of `signal` when it aborts; the source is told to stop.
   * @example
   * await channel.sendAll(createReadStream('big.txt', 'utf8'));
   */
  sendAll(source: ObservableInput<Out>, options?: SendAllOptions): Promise<number>;
  /** Resolves when `send` would return true. Rejects with `ERR_CHANNEL_CLOSED` if the channel ends first. */
  ready(): Promise<void>;
  /** Resolves when the kernel has all that was accepted so far. Rejects with `ERR_CHANNEL_CLOSED` if it never will. */
  flush(): Promise<void>;
  /**
   * Sends what is queued, then tells the peer that nothing more comes, and ends when the peer has ended its side too.
   * Until then its last messages still arrive: it may finish its loops, and each `sendAll` of what it receives. One that
   * does nothing for `closeTimeoutMs` is not waited for.
   * Resolves when the channel has ended, never rejects; `closed` tells how.
   */
  close(): Promise<void>;
  /**
   * Ends now: queued messages fail with `ERR_CHANNEL_CLOSED`; unread ones are dropped, but for those that an iterator has
   * taken.
   */
  destroy(reason?: Error): void;

  /** Keeps the event loop alive while the channel is open. Ends the counting that `parent()` does. */
  ref(): this;
  /** Lets the event loop end although the channel is open. */
  unref(): this;
  /** Counters since the channel was opened. A snapshot; costs nothing until asked for. */
  metrics(): ChannelMetrics;
  /**
   * How long messages wait in the send queue, in nanoseconds: one value for each write, from its oldest message being queued
   * until the kernel has taken it. Recording starts with the first call and costs nothing before; later calls return the same
   * histogram. Its figures are within 1 %, it takes 55 KiB, and `reset()` empties it.
   *
   * Where the runtime owns the queue (`parent()` under a plain `fork`), one value for each message, from `send` to its
   * callback.
   *
   * @throws `ERR_UNSUPPORTED_PLATFORM` on a runtime without `createHistogram`.
   * @example
   * const delay = channel.queueDelay();
   * await channel.sendAll(jobs);
   * console.log(`p99 ${delay.percentile(99) / 1e6} ms`);
   */
  queueDelay(): Histogram;
  /** @internal Told each delay that `queueDelay()` records, until the function that is returned is called. */
  watchQueueDelay?(watcher: DelayWatcher): () => void;
}

/** Messages and bytes in one direction. */
export interface Flow {
  readonly messages: number;
  readonly bytes: number;
}

/** Counters of one channel since it was opened. */
export interface ChannelMetrics {
  /** Accepted by `send`; bytes are those handed to the transport, envelope and framing included. */
  readonly sent: Flow;
  /** Decoded; bytes are those read, bad frames included. */
  readonly received: Flow;
  /** Batches handed to the transport: `sent.messages / writes` is the batch size. */
  readonly writes: number;
  /** Chunks read from the transport. */
  readonly reads: number;
  readonly queuedBytes: number;
  /** The most the send queue ever weighed: bytes plus 32 per message. */
  readonly queuedBytesPeak: number;
  /** Times `drain$` fired. */
  readonly drains: number;
  readonly badFrames: number;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
}
