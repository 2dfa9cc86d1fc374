import type { ChildProcess, SpawnOptions as NodeSpawnOptions } from 'node:child_process';
import { announcesChannel } from '../transport/channel-env.js';
import { inheritedTransport } from '../transport/inherited.js';
import {
  type Exit,
  type ForkSettings,
  forkChild,
  type SpawnedChild,
  spawnChild,
} from '../transport/spawn.js';
import type { Channel } from './channel.js';
import { channelOver } from './open.js';
import type { ChannelOptions } from './options.js';

/** The channel to a child that this process started. */
export interface ChildChannel<Out = unknown, In = unknown> extends Channel<Out, In> {
  /** The child as Node sees it: `pid`, `kill`, `stdout`, `'exit'`. */
  readonly process: ChildProcess;
  /** How the child ended; both null if it could not be started. Never rejects. */
  readonly exited: Promise<Exit>;
}

/** Options of {@link spawn}: Node's own for the process (`signal` kills the child), a channel's for the channel. */
export type SpawnChannelOptions<Out = unknown, In = unknown> = NodeSpawnOptions &
  Omit<ChannelOptions<Out, In>, 'signal'>;

/** Options of {@link fork}: those of {@link spawn}, and `fork`'s own of Node. */
export type ForkChannelOptions<Out = unknown, In = unknown> = SpawnChannelOptions<Out, In> & ForkSettings;

/**
 * Starts a command with a channel to it: a Unix socket at the first descriptor after those of `stdio` (3 by default),
 * announced by `DEKA_IPC_ENABLED=1` and `DEKA_IPC_FD`.
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
  return childChannel(spawnChild(command, args, options), options);
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
  return childChannel(forkChild(module, args, options), options);
}

let parentChannel: Channel | undefined;

/**
 * The channel to the process that started this one. There is one: a second call returns the same channel, whatever its
 * options. The environment variables that announce it are removed, so that no grandchild takes it for its own.
 *
 * It keeps the process alive only while somebody consumes messages, until `ref()` or `unref()` is called.
 *
 * @throws `ERR_NO_PARENT_CHANNEL` if this process was not started with a channel, `ERR_BAD_CHANNEL_FD` if what the
 * environment names is not an open socket, `ERR_UNSUPPORTED_PLATFORM`, `ERR_INVALID_OPTION`.
 * @example
 * const channel = parent<number, number>();
 * channel.messages$.subscribe(n => channel.send(n * n));
 */
export function parent<Out = unknown, In = unknown>(options: ChannelOptions<Out, In> = {}): Channel<Out, In> {
  parentChannel ??= channelOver<Out, In>(
    inheritedTransport(),
    options,
    'while consumed',
  ) as unknown as Channel;
  return parentChannel as unknown as Channel<Out, In>;
}

/**
 * Whether this process was started with a channel. Takes nothing and checks no descriptor.
 *
 * @example
 * const channel = hasParent() ? parent() : stdio();
 */
export function hasParent(): boolean {
  return parentChannel !== undefined || announcesChannel(process.env);
}

function childChannel<Out, In>(
  child: SpawnedChild,
  { signal: _killsTheChild, ...options }: SpawnChannelOptions<Out, In>,
): ChildChannel<Out, In> {
  const channel = channelOver<Out, In>(child.transport, options, 'always');
  return Object.assign(channel, { process: child.process, exited: child.exited });
}
