import { IpcError } from '../errors.js';
import type { Codec } from '../streams/codec.js';
import { deka, type Envelope } from '../streams/envelope.js';
import { featuresTaken } from '../streams/features.js';
import { DEFAULT_MAX_FRAME_BYTES, type Framing } from '../streams/framing.js';
import { json } from '../streams/json.js';
import type { Stages } from '../streams/outbound.js';
import type { Polling } from './references.js';

/** Options of every function that makes a channel. */
export interface ChannelOptions<Out = unknown, In = unknown> {
  /** Message to frame and back. Default {@link json}. */
  readonly codec?: Codec<Out, In> | undefined;
  /** Where frames end. Default: the one the codec names. */
  readonly framing?: Framing | undefined;
  /** What surrounds a message on the wire. Default: the one the codec names, which for {@link json} is {@link deka}. */
  readonly envelope?: Envelope | undefined;
  /** `send` returns false from here on, in bytes plus 32 per message. Default 128 KiB, Node's own. */
  readonly highWaterMarkBytes?: number | undefined;
  /** `drain$` fires at or below this. Default half of the high-water mark. */
  readonly lowWaterMarkBytes?: number | undefined;
  /**
   * Past it `send` throws `ERR_QUEUE_FULL`, in bytes plus 32 per message; text counts by characters until its batch is
   * full. Default Infinity.
   */
  readonly maxQueueBytes?: number | undefined;
  /** A longer frame is dropped and reported as `ERR_FRAME_TOO_LARGE`. Default 256 MiB. */
  readonly maxFrameBytes?: number | undefined;
  /** A write leaves at the latest when it has this many bytes. Default 64 KiB. */
  readonly maxBatchBytes?: number | undefined;
  /** `'skip'` (default) reports a bad frame on `failures$` and goes on; `'close'` ends the channel with it. */
  readonly onBadFrame?: 'skip' | 'close' | undefined;
  /**
   * How long the end of a channel waits while nothing moves, in milliseconds: `close()` for a peer that neither reads nor
   * sends; after the end of a peer, for loops and `sendAll` that still answer it. Default 1 000.
   */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * True: after the end of the peer this side goes on sending until its own `close()`, for work that the channel cannot see:
   * `async` subscribers, answers that another channel gives. A peer that has died then shows only when something is sent. Not
   * under a plain `fork`, whose runtime has one end for both directions. Default false: this side follows.
   */
  readonly allowHalfOpen?: boolean | undefined;
  /**
   * How long a process that exits with messages queued waits for a peer that does not read, in milliseconds. Default
   * 1 000; 0 drops what is queued.
   */
  readonly exitDrainMs?: number | undefined;
  /**
   * How long a message waits for the handle that was sent with it, and how long a child that was started with `handles: true`
   * may take before it accepts the first one, in milliseconds. Default 10 000.
   */
  readonly handleTimeoutMs?: number | undefined;
  /**
   * Whether the event loop looks for what has come in, instead of sleeping until it is woken, while the channel keeps the
   * process alive. `'adaptive'`: after a message that left by itself and soon after another came in, for at most two
   * milliseconds, and only as long as answers come so soon that sleeping would cost as much. `true`: always, which burns a core.
   * A number: for so many microseconds, up to 1 000 000, after something came in or left. `false`: never. Default `'adaptive'`.
   */
  readonly busyPoll?: Polling | undefined;
  /** Destroys the channel when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** {@link ChannelOptions} with every default filled in. */
export type ResolvedOptions<Out, In> = {
  readonly [Name in keyof Omit<ChannelOptions<Out, In>, 'signal'>]-?: NonNullable<
    ChannelOptions<Out, In>[Name]
  >;
};

/** Everything that one channel is made of but its transport. */
export interface ChannelPlan<Out, In> {
  readonly options: ResolvedOptions<Out, In>;
  readonly stages: Stages<Out, In>;
  /** Extensions of the wire that the channel takes; undefined where its wire has none. */
  readonly accepts: readonly string[] | undefined;
  readonly signal: AbortSignal | undefined;
  /** Whether the first few messages of a tick are written before `send` returns, as Node's own channel does with all. */
  readonly prompt: boolean;
}

const KIB = 1024;

/** A second. Whoever wants longer wants `true`. */
const LONGEST_POLL_MICROS = 1_000_000;

/** Fills in the defaults. Throws `ERR_INVALID_OPTION` for a number that makes no sense. */
export function resolveOptions<Out, In>(options: ChannelOptions<Out, In>): ResolvedOptions<Out, In> {
  const codec = options.codec ?? json<Out, In>();
  if (typeof codec.create !== 'function') throw invalid('codec', codec, 'a codec, as json() returns one');
  const highWaterMarkBytes = options.highWaterMarkBytes ?? 128 * KIB;
  const resolved = {
    codec,
    framing: options.framing ?? codec.framing,
    envelope: options.envelope ?? codec.envelope ?? deka(),
    highWaterMarkBytes: positive('highWaterMarkBytes', highWaterMarkBytes),
    lowWaterMarkBytes: atLeastZero('lowWaterMarkBytes', options.lowWaterMarkBytes ?? highWaterMarkBytes / 2),
    maxQueueBytes: positive('maxQueueBytes', options.maxQueueBytes ?? Number.POSITIVE_INFINITY),
    maxFrameBytes: positive('maxFrameBytes', options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES),
    maxBatchBytes: positive('maxBatchBytes', options.maxBatchBytes ?? 64 * KIB),
    onBadFrame: oneOf('onBadFrame', options.onBadFrame ?? 'skip', ['skip', 'close']),
    busyPoll: polling(options.busyPoll ?? 'adaptive'),
    allowHalfOpen: options.allowHalfOpen ?? false,
    exitDrainMs: atLeastZero('exitDrainMs', options.exitDrainMs ?? 1000),
    closeTimeoutMs: timeout('closeTimeoutMs', options.closeTimeoutMs ?? 1000),
    handleTimeoutMs: timeout('handleTimeoutMs', options.handleTimeoutMs ?? 10_000),
  };
  if (resolved.lowWaterMarkBytes > highWaterMarkBytes) {
    throw invalid('lowWaterMarkBytes', resolved.lowWaterMarkBytes, 'at most highWaterMarkBytes');
  }
  return resolved;
}

/** One channel's own plan: its coder is in it. Throws as {@link resolveOptions} does. */
export function planOf<Out, In>(options: ChannelOptions<Out, In>, prompt = false): ChannelPlan<Out, In> {
  const resolved = resolveOptions(options);
  const { codec, framing, envelope, maxFrameBytes } = resolved;
  const stages = { framing, envelope, syntax: codec.syntax, coder: codec.create() };
  return {
    options: resolved,
    stages,
    accepts: featuresTaken(stages, { maxFrameBytes }),
    signal: options.signal,
    prompt,
  };
}

/** One of a few words. Throws `ERR_INVALID_OPTION` for another. */
export function oneOf<Word extends string>(name: string, value: Word, words: readonly Word[]): Word {
  if (words.includes(value)) return value;
  throw invalid(name, value, words.map(word => `'${word}'`).join(' or '));
}

export function positive(name: string, value: number): number {
  if (typeof value === 'number' && value > 0) return value;
  throw invalid(name, value, 'a number above 0');
}

function polling(value: Polling): Polling {
  if (typeof value === 'boolean' || value === 'adaptive') return value;
  if (typeof value === 'number' && value > 0 && value <= LONGEST_POLL_MICROS) return value;
  throw invalid(
    'busyPoll',
    value,
    `'adaptive', true, false, or microseconds, at most ${LONGEST_POLL_MICROS}`,
  );
}

function atLeastZero(name: string, value: number): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw invalid(name, value, 'a number of at least 0');
}

/** Some 24 days. A longer one, and Infinity, Node's timers take for a millisecond. */
export const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

function timeout(name: string, value: number): number {
  return Math.min(atLeastZero(name, value), LONGEST_TIMEOUT_MS);
}

function invalid(name: string, value: unknown, wanted: string): IpcError {
  return new IpcError('ERR_INVALID_OPTION', `${name} must be ${wanted}; it is ${String(value)}.`);
}
