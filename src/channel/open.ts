import type { Readable, Writable } from 'node:stream';
import type { Codec } from '../streams/codec.js';
import type { HandleLane } from '../transport/handle-lane.js';
import { memoryTransports } from '../transport/memory.js';
import { streamTransport } from '../transport/stream-transport.js';
import type { Transport } from '../transport/transport.js';
import type { Channel } from './channel.js';
import { framedLink } from './framed-link.js';
import { handleLink } from './handle-link.js';
import { withoutInternal } from './node-wire.js';
import { type ChannelOptions, type ChannelPlan, planOf } from './options.js';
import type { KeepAlive } from './references.js';
import { StreamChannel } from './stream-channel.js';

/**
 * A channel over a transport of your own.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * const channel = open(myTransport, { envelope: bare() });
 */
export function open<Out = unknown, In = unknown>(
  transport: Transport,
  options: ChannelOptions<Out, In> = {},
): Channel<Out, In> {
  return channelOver(transport, planOf(options), { keepAlive: 'always' });
}

/**
 * A channel over any pair of Node byte streams: the stdio of a child, a TLS socket given twice, a serial port.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * const jq = spawn('jq', ['-c', '--unbuffered', '.name']); // of node:child_process
 * const channel = fromStreams(jq.stdout, jq.stdin, { envelope: bare() });
 */
export function fromStreams<Out = unknown, In = unknown>(
  readable: Readable,
  writable: Writable,
  options: ChannelOptions<Out, In> = {},
): Channel<Out, In> {
  return open(streamTransport(readable, writable), options);
}

/**
 * A channel over this process's own stdin and stdout, for a program that is a filter or a server on stdio. From then
 * on nothing else may write to stdout: log to stderr.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * const channel = stdio<string, string>({ envelope: bare() });
 * channel.messages$.subscribe(line => channel.send(line.toUpperCase()));
 */
export function stdio<Out = unknown, In = unknown>(options: ChannelOptions<Out, In> = {}): Channel<Out, In> {
  return fromStreams(process.stdin, process.stdout, options);
}

/**
 * Two ends in one process, through the whole pipeline, frames and queues and all: for tests.
 *
 * @throws `ERR_INVALID_OPTION`
 * @example
 * const [client, server] = pair<string, string>();
 * server.messages$.subscribe(name => server.send(`hello ${name}`));
 * client.messages$.subscribe(console.log); // hello world
 * client.send('world');
 */
export function pair<C extends Codec<never, unknown>>(
  options: ChannelOptions & { readonly codec: C },
): C extends Codec<infer Out, infer In> ? [Channel<Out, In>, Channel<Out, In>] : never;
export function pair<A = unknown, B = unknown>(
  options?: ChannelOptions<A | B, A | B>,
): [Channel<A, B>, Channel<B, A>];
export function pair(options: ChannelOptions = {}): [Channel, Channel] {
  const [left, right] = memoryTransports();
  return [open(left, options), open(right, options)];
}

/** What only the makers of channels decide, not their users. */
export interface Internals {
  readonly keepAlive: KeepAlive;
  /** Called as soon as the peer has ended its side, before the channel has ended. */
  readonly onPeerEnd?: () => void;
  /** The peer speaks Node's own protocol: what is meant for its runtime is not delivered. */
  readonly nodeWire?: boolean;
  /** What the peer has announced before the first frame. It then is told what this side takes. */
  readonly peer?: readonly string[] | undefined;
  /** What the channel has beyond others. */
  readonly members?: object;
  /** Where handles travel. Not beside Node's own wire. */
  readonly lane?: HandleLane | undefined;
}

/** What every function that makes a channel over a transport comes down to. */
export function channelOver<Out, In>(
  transport: Transport,
  plan: ChannelPlan<Out, In>,
  { keepAlive, onPeerEnd, nodeWire, peer, members, lane }: Internals,
): StreamChannel<Out, In> {
  const { options, signal } = plan;
  const { closeTimeoutMs, allowHalfOpen, onBadFrame, busyPoll } = options;
  const link =
    lane === undefined ? framedLink(transport, plan, peer) : handleLink(transport, plan, peer, lane);
  return new StreamChannel(
    nodeWire === true ? withoutInternal(link) : link,
    { keepAlive, closeTimeoutMs, allowHalfOpen, onBadFrame, busyPoll, onPeerEnd, signal },
    members,
  );
}
