import { Observable, type Subscriber } from '../rx.js';
import type { Address } from '../transport/address.js';
import { connectTransport } from '../transport/connect.js';
import { type Listener, listenTransports } from '../transport/listen.js';
import type { Transport } from '../transport/transport.js';
import type { Channel } from './channel.js';
import { open } from './open.js';
import { type ChannelOptions, positive, resolveOptions } from './options.js';

/** Accepted channels that nobody has subscribed for yet; a further connection is dropped. */
export const UNCLAIMED_CHANNELS = 128;

/** Options of {@link listen}. `signal` destroys every channel, not the server. */
export interface ListenOptions<Out = unknown, In = unknown> extends ChannelOptions<Out, In> {
  /** Connections at a time; a further one is dropped. Default Infinity. */
  readonly maxConnections?: number | undefined;
}

/** A listening socket that turns each connection into a channel. */
export interface ChannelServer<Out = unknown, In = unknown> extends AsyncDisposable {
  /** One channel per connection. The first subscriber gets those that came before it. Completes on `close()`. */
  readonly channels$: Observable<Channel<Out, In>>;
  /** Where it listens; for `port: 0` the port that was bound. */
  readonly address: Address;
  /** Stops accepting and closes each open channel, as `Channel.close()` does. */
  close(): Promise<void>;
}

/**
 * Connects to a Unix domain socket or a TCP port. `signal` also ends the attempt.
 *
 * @throws (rejects) `ERR_TRANSPORT` if nobody listens there, `ERR_SOCKET_PATH`, `ERR_UNSUPPORTED_PLATFORM`,
 * `ERR_INVALID_OPTION`.
 * @example
 * const channel = await connect<string, string>('/tmp/echo.sock');
 */
export async function connect<Out = unknown, In = unknown>(
  to: Address,
  options: ChannelOptions<Out, In> = {},
): Promise<Channel<Out, In>> {
  resolveOptions(options); // a mistake in them should not cost a connection
  return open<Out, In>(await connectTransport(to, options.signal), options);
}

/**
 * Listens on a Unix domain socket or a TCP port (on 127.0.0.1 unless `host` says otherwise).
 *
 * A Unix socket is created so that only its owner can connect. A stale one is replaced; a live one, or a file that is
 * no socket, never.
 *
 * @throws (rejects) `ERR_SOCKET_PATH`, `ERR_TRANSPORT` if it cannot be bound, `ERR_UNSUPPORTED_PLATFORM`,
 * `ERR_INVALID_OPTION`.
 * @example
 * const server = await listen<string, string>('/tmp/echo.sock');
 * server.channels$.subscribe(channel => channel.sendAll(channel.messages$));
 */
export async function listen<Out = unknown, In = unknown>(
  at: Address,
  options: ListenOptions<Out, In> = {},
): Promise<ChannelServer<Out, In>> {
  resolveOptions(options);
  const maxConnections = positive('maxConnections', options.maxConnections ?? Number.POSITIVE_INFINITY);
  const accepted = new Accepted(options);
  const listener = await listenTransports(at, transport => accepted.add(transport), maxConnections);
  return new Server(listener, accepted);
}

class Server<Out, In> implements ChannelServer<Out, In> {
  readonly address: Address;
  readonly #listener: Listener;
  readonly #accepted: Accepted<Out, In>;

  constructor(listener: Listener, accepted: Accepted<Out, In>) {
    this.#listener = listener;
    this.#accepted = accepted;
    this.address = listener.address;
  }

  get channels$(): Observable<Channel<Out, In>> {
    return this.#accepted.channels$;
  }

  async close(): Promise<void> {
    this.#listener.close();
    await this.#accepted.closeAll();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The channels of one server. */
class Accepted<Out, In> {
  readonly #options: ChannelOptions<Out, In>;
  readonly #open = new Set<Channel<Out, In>>();
  readonly #subscribers = new Set<Subscriber<Channel<Out, In>>>();
  #channels$: Observable<Channel<Out, In>> | undefined;
  #unclaimed: Channel<Out, In>[] = [];
  #closed = false;

  constructor(options: ChannelOptions<Out, In>) {
    this.#options = options;
  }

  get channels$(): Observable<Channel<Out, In>> {
    this.#channels$ ??= new Observable(subscriber => this.#subscribe(subscriber));
    return this.#channels$;
  }

  add(transport: Transport): void {
    if (this.#closed || this.#unclaimed.length >= UNCLAIMED_CHANNELS) {
      transport.destroy();
      return;
    }
    const channel = open(transport, this.#options);
    this.#open.add(channel);
    void channel.closed.then(() => this.#open.delete(channel));
    if (this.#subscribers.size === 0) this.#unclaimed.push(channel);
    else for (const subscriber of this.#subscribers) subscriber.next(channel);
  }

  async closeAll(): Promise<void> {
    this.#closed = true;
    for (const subscriber of [...this.#subscribers]) subscriber.complete();
    await Promise.all([...this.#open].map(channel => channel.close()));
  }

  #subscribe(subscriber: Subscriber<Channel<Out, In>>): () => void {
    this.#subscribers.add(subscriber);
    while (!subscriber.closed) {
      const channel = this.#unclaimed.shift();
      if (channel === undefined) break;
      subscriber.next(channel);
    }
    if (this.#closed) subscriber.complete();
    return () => this.#subscribers.delete(subscriber);
  }
}
