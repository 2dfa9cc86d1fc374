import type { ChildProcess, SpawnOptions as NodeSpawnOptions } from 'node:child_process';
import { IpcError } from '../errors.js';
import { bare } from '../streams/envelope.js';
import { json } from '../streams/json.js';
import { handleMark } from '../streams/mark.js';
import { heedingRefusal } from '../streams/refusal.js';
import type { Announcement, Wire } from '../transport/child-env.js';
import { hasLanes } from '../transport/platform.js';
import {
  type Exit,
  type ForkSettings,
  forkChild,
  type SpawnedChild,
  spawnChild,
} from '../transport/spawn.js';
import type { Channel } from './channel.js';
import { handlesUnavailable } from './handles-unavailable.js';
import { channelOver } from './open.js';
import { type ChannelOptions, oneOf, planOf, resolveOptions } from './options.js';

/** The channel to a child that this process started. */
export interface ChildChannel<Out = unknown, In = unknown> extends Channel<Out, In> {
  /** The child as Node sees it: `pid`, `kill`, `stdout`, `'exit'`. */
  readonly process: ChildProcess;
  /** How the child ended; both null if it could not be started. Never rejects. */
  readonly exited: Promise<Exit>;
}

/** Options of {@link spawn}: Node's own for the process (`signal` kills the child), a channel's for the channel. */
export type SpawnChannelOptions<Out = unknown, In = unknown> = Omit<NodeSpawnOptions, 'serialization'> &
  Omit<ChannelOptions<Out, In>, 'signal'> & {
    /**
     * `'deka'` (default) announces the channel by `DEKA_IPC_*` and wraps messages in the envelope. `'node'` announces it
     * as Node's own `fork` does and speaks Node's protocol, so that the child can be any program for Node, Bun or Deno
     * that knows nothing but `process.send`; codecs are then `json()` and `v8()`.
     */
    readonly wire?: Wire | undefined;
    /**
     * True for a second lane, on which sockets and servers travel in both directions. The child must be a program for Node
     * that takes its channel with `parent()` or `deka-ipc/register`; goes with `wire: 'deka'`, its envelope, and the codecs
     * `json()` and `v8()`. Default false.
     */
    readonly handles?: boolean | undefined;
  };

/** Options of {@link fork}: those of {@link spawn}, and `fork`'s own of Node. */
export type ForkChannelOptions<Out = unknown, In = unknown> = SpawnChannelOptions<Out, In> & ForkSettings;

/**
 * Starts a command with a channel to it: a Unix socket at the first descriptor after those of `stdio` (3 by default),
 * announced by `DEKA_IPC_ENABLED=1` and `DEKA_IPC_FD`.
 *
 * A codec other than `json()` is announced by its name in `DEKA_IPC_CODEC`; a child that would read another ends the
 * channel with `ERR_CODEC_MISMATCH` at both ends.
 *
 * `stdio` defaults to `'pipe'` as in Node. A command that cannot be started ends the channel: `closed` gives the
 * error.
 *
 * @throws `ERR_UNSUPPORTED_PLATFORM` on Windows, `ERR_TRANSPORT` when the system refuses at once (no descriptor left,
 * arguments too long), `ERR_INVALID_OPTION`, and what Node throws for its own options.
 * @example
 * const child = spawn<Job, Result>('python3', ['worker.py'], { stdio: 'inherit' });
 * child.send({ id: 1 });
 */
export function spawn<Out = unknown, In = unknown>(
  command: string,
  args: readonly string[] = [],
  options: SpawnChannelOptions<Out, In> = {},
): ChildChannel<Out, In> {
  return childChannel(options, announcement => spawnChild(command, args, options, announcement));
}

/**
 * Starts a Node module with a channel to it; there `parent()` is the other end. `stdio` is inherited, as with Node's
 * `fork`, unless `silent` is set.
 *
 * @throws as {@link spawn}
 * @example
 * const worker = fork<number, number>(new URL('./worker.js', import.meta.url));
 * worker.messages$.subscribe(square => console.log(square));
 * worker.send(12);
 */
export function fork<Out = unknown, In = unknown>(
  module: string | URL,
  args: readonly string[] = [],
  options: ForkChannelOptions<Out, In> = {},
): ChildChannel<Out, In> {
  return childChannel(options, announcement => forkChild(module, args, options, announcement));
}

function childChannel<Out, In>(
  { signal: _killsTheChild, wire = 'deka', handles = false, ...options }: SpawnChannelOptions<Out, In>,
  start: (announcement: Announcement) => SpawnedChild,
): ChildChannel<Out, In> {
  oneOf('wire', wire, ['deka', 'node']);
  const plan = planOf(wire === 'node' ? nodeOptions(options) : refusable(options));
  if (handles) requireLane(wire, plan.options);
  const child = start({ wire, codec: plan.options.codec.name, accepts: plan.accepts, handles });
  const members = { process: child.process, exited: child.exited };
  const channel = channelOver<Out, In>(child.transport, plan, {
    keepAlive: 'always',
    nodeWire: wire === 'node',
    lane: child.lane,
    members,
  });
  // What a dead child left is finite: the end comes even if nobody consumes.
  void child.exited.then(() => channel.readToEnd());
  return channel as typeof channel & typeof members;
}

/** Handles need a mark among the messages that cannot be one of them. */
function requireLane(wire: Wire, options: Parameters<typeof handleMark>[0]): void {
  if (!hasLanes) throw handlesUnavailable();
  if (wire === 'deka' && handleMark(options) !== undefined) return;
  throw new IpcError(
    'ERR_INVALID_OPTION',
    "handles: true goes with wire: 'deka', its envelope, and the codecs json() and v8(): others have no place for a mark.",
  );
}

/** The child may turn the codec down. */
function refusable<Out, In>(options: ChannelOptions<Out, In>): ChannelOptions<Out, In> {
  const { codec, framing } = resolveOptions(options);
  return { ...options, framing: heedingRefusal(framing, codec.name) };
}

/** What Node's own wire leaves no choice about. */
function nodeOptions<Out, In>(options: ChannelOptions<Out, In>): ChannelOptions<Out, In> {
  const { codec = json<Out, In>(), envelope, framing } = options;
  if ((codec.name === 'json' || codec.name === 'v8') && envelope === undefined && framing === undefined) {
    return { ...options, codec, envelope: bare() };
  }
  throw new IpcError(
    'ERR_INVALID_OPTION',
    "wire: 'node' goes with the codecs json() and v8() and with no envelope or framing: Node knows no others.",
  );
}
