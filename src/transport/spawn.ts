import {
  type ChildProcess,
  type SpawnOptions as NodeSpawnOptions,
  spawn as nodeSpawn,
  type StdioOptions,
} from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { IpcError, reasonOf } from '../errors.js';
import { type Announcement, childEnv } from './child-env.js';
import type { HandleLane } from './handle-lane.js';
import { spawnLaned } from './lanes.js';
import { movedToOneBuffer } from './one-buffer.js';
import { requireUnixSockets } from './platform.js';
import { streamTransport } from './stream-transport.js';
import type { Transport } from './transport.js';

/** How a child ended. Both null if it could not be started. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started child and the link to it. */
export interface SpawnedChild {
  readonly transport: Transport;
  /** Where handles travel, if it was asked for. */
  readonly lane: HandleLane | undefined;
  readonly process: ChildProcess;
  /** Settles once, never rejects. */
  readonly exited: Promise<Exit>;
}

/** What {@link forkChild} takes beyond spawn's options, as in `child_process.fork`. */
export interface ForkSettings {
  readonly execPath?: string | undefined;
  readonly execArgv?: readonly string[] | undefined;
  readonly silent?: boolean | undefined;
}

const PLAIN: Announcement = { wire: 'deka', codec: 'json' };

/** Starts a command with a Unix socket at the first free descriptor, announced in the environment. */
export function spawnChild(
  command: string,
  args: readonly string[],
  options: NodeSpawnOptions,
  announcement: Announcement = PLAIN,
): SpawnedChild {
  requireUnixSockets('spawn()');
  const stdio = stdioArray(options.stdio ?? 'pipe');
  const fd = stdio.length;
  const laned = announcement.handles === true;
  const env = childEnv(options.env ?? process.env, fd, announcement, laned ? fd + 1 : undefined);
  const startChild = () => start(command, args, { ...options, stdio: [...stdio, 'pipe'], env });
  const { process: child, lane } = laned
    ? spawnLaned(startChild, false)
    : { process: startChild(), lane: undefined };
  const exited = exitOf(child);
  const piped = child.stdio?.[fd];
  if (!(piped instanceof Socket)) {
    lane?.close();
    throw new IpcError(
      'ERR_TRANSPORT',
      `${command} could not be started: no descriptor for its channel. Check the limit on open files (ulimit -n).`,
    );
  }
  const socket = movedToOneBuffer(piped);
  // The peer's end of file must not end our side while messages are queued.
  socket.allowHalfOpen = true;
  (child.stdio as unknown[])[fd] = socket;
  const transport = streamTransport(socket, socket);
  child.on('error', error => {
    // 'error' is emitted as well for a kill that failed or an abort; then the child is there and so is the channel.
    if (child.pid === undefined) transport.destroy(notStarted(command, error));
  });
  return { transport, lane, process: child, exited };
}

/** Starts a Node module, with `fork`'s defaults: this Node, its flags, its stdio. */
export function forkChild(
  module: string | URL,
  args: readonly string[],
  options: NodeSpawnOptions & ForkSettings,
  announcement?: Announcement,
): SpawnedChild {
  const { execPath = process.execPath, execArgv = process.execArgv, silent = false, ...rest } = options;
  const path = module instanceof URL ? fileURLToPath(module) : module;
  const stdio = rest.stdio ?? (silent ? 'pipe' : 'inherit');
  return spawnChild(
    execPath,
    [...withoutEval(execArgv), path, ...args],
    { ...rest, shell: false, stdio },
    announcement,
  );
}

/**
 * `node -e CODE` has CODE in its execArgv, which a forked module is not to run (lib/child_process.js, `fork`); nor may a
 * module have the --input-type of that code, which Node's own fork leaves.
 */
export function withoutEval(execArgv: readonly string[]): readonly string[] {
  const { _eval: code } = process as { _eval?: unknown };
  const at = execArgv === process.execArgv && typeof code === 'string' ? execArgv.lastIndexOf(code) : -1;
  if (at <= 0) return execArgv;
  return execArgv.filter(
    (arg, index) => index !== at && index !== at - 1 && !arg.startsWith('--input-type='),
  );
}

/** Node throws some failures of the system (E2BIG, ENOTDIR) and emits others; its own argument errors pass. */
function start(command: string, args: readonly string[], options: NodeSpawnOptions): ChildProcess {
  try {
    return nodeSpawn(command, [...args], options);
  } catch (thrown) {
    const { errno } = thrown as NodeJS.ErrnoException;
    throw typeof errno === 'number' ? notStarted(command, thrown as Error) : thrown;
  }
}

function stdioArray(stdio: StdioOptions): Exclude<StdioOptions, string> {
  if (typeof stdio === 'string') return [stdio, stdio, stdio];
  return [stdio[0], stdio[1], stdio[2], ...stdio.slice(3)];
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise(resolve => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => {
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
  });
}

function notStarted(command: string, cause: Error): IpcError {
  return new IpcError(
    'ERR_TRANSPORT',
    `${command} could not be started: ${reasonOf(cause)}. Check that it exists, is executable, and that cwd exists.`,
    { cause },
  );
}
