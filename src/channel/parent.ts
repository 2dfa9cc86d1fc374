import { isMainThread } from 'node:worker_threads';
import { IpcError } from '../errors.js';
import { handleMark } from '../streams/mark.js';
import { announcesChannel } from '../transport/channel-env.js';
import { type Inherited, inheritedTransport } from '../transport/inherited.js';
import type { Channel } from './channel.js';
import { withNamedCodec } from './codec-choice.js';
import { type MessageEnd, REGISTERED } from './message-end.js';
import { messageLink } from './message-link.js';
import { channelOver } from './open.js';
import { type ChannelOptions, type ChannelPlan, planOf, resolveOptions } from './options.js';
import { StreamChannel } from './stream-channel.js';

let parentChannel: Channel | undefined;

/**
 * The channel to the process that started this one. There is one: a second call returns the same channel, whatever its
 * options. The environment variables that announce it are removed, so that no grandchild takes it for its own.
 *
 * Under a parent that speaks Deka's wire the descriptor is taken. Under a plain `fork` of Node, Bun or Deno the runtime
 * owns it: the channel then stands on `process.send` and `'message'`, and codec, framing and byte counters are the
 * runtime's. A parent of that kind must not have left before the call; under `deka-ipc/child_process` it may have.
 *
 * The codec is the one that the parent names, if it is a built-in: `json`, `v8`, `msgpack`, `cbor`. One of your own goes
 * into `options`, at both ends. If they differ, both ends get `ERR_CODEC_MISMATCH`, and nothing was read.
 *
 * It keeps the process alive only while somebody consumes messages, until `ref()` or `unref()` is called.
 *
 * @throws `ERR_NO_PARENT_CHANNEL` if this process was not started with a channel or this is a worker thread,
 * `ERR_BAD_CHANNEL_FD` if what the environment names is not an open socket, `ERR_CODEC_MISMATCH` if the parent named
 * another codec, `ERR_MISSING_PACKAGE` if that needs a package which is not installed, `ERR_UNSUPPORTED_PLATFORM`,
 * `ERR_INVALID_OPTION`.
 * @example
 * const channel = parent<number, number>();
 * channel.messages$.subscribe(n => channel.send(n * n));
 */
export function parent<Out = unknown, In = unknown>(options: ChannelOptions<Out, In> = {}): Channel<Out, In> {
  parentChannel ??= openParent(options) as unknown as Channel;
  return parentChannel as unknown as Channel<Out, In>;
}

/**
 * Whether this process was started with a channel. Takes nothing and checks no descriptor.
 *
 * @example
 * const channel = hasParent() ? parent() : stdio();
 */
export function hasParent(): boolean {
  if (parentChannel !== undefined) return true;
  return isMainThread && (announcesChannel(process.env) || hasMessageEnd(process));
}

function openParent<Out, In>(options: ChannelOptions<Out, In>): Channel<Out, In> {
  const messageEnd: MessageEnd = process;
  if (isMainThread && !announcesChannel(process.env) && hasMessageEnd(messageEnd)) {
    const { closeTimeoutMs, onBadFrame, busyPoll } = resolveOptions(options);
    return new StreamChannel<Out, In>(messageLink(messageEnd), {
      keepAlive: 'while consumed',
      closeTimeoutMs,
      allowHalfOpen: false,
      onBadFrame,
      busyPoll,
      onPeerEnd: undefined,
      signal: options.signal,
    });
  }
  if (!isMainThread) throw inWorkerThread();
  const plan = planOf(options); // first: a mistake in them should not cost the descriptor
  const inherited = inheritedTransport();
  const settled = settledPlan(options, plan, inherited);
  const lane = handleMark(settled.options) === undefined ? undefined : inherited.lane;
  return channelOver(inherited.transport, settled, {
    keepAlive: 'while consumed',
    peer: inherited.accepts,
    lane,
  });
}

/** The plan with the codec that the parent named. If that is refused, nothing of the channel is left open. */
function settledPlan<Out, In>(
  options: ChannelOptions<Out, In>,
  plan: ChannelPlan<Out, In>,
  inherited: Inherited,
): ChannelPlan<Out, In> {
  try {
    return withNamedCodec(options, plan, inherited);
  } catch (thrown) {
    inherited.lane?.close();
    throw thrown;
  }
}

function hasMessageEnd(end: MessageEnd): boolean {
  return typeof end.send === 'function' && (end.connected === true || end[REGISTERED] === true);
}

function inWorkerThread(): IpcError {
  return new IpcError(
    'ERR_NO_PARENT_CHANNEL',
    'The channel to the parent belongs to the main thread; this is a worker thread. ' +
      'Call parent() there and pass messages on, or open a channel of the worker with connect().',
  );
}
