import type { ChildProcess, ForkOptions, SpawnOptions, StdioOptions } from 'node:child_process';
import { fork as nodeFork, spawn as nodeSpawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { channelOver } from '../channel/open.js';
import { childEnv, type Wire } from '../transport/channel-env.js';
import { ipcIndex, spawnPiped } from '../transport/pipe.js';
import { attachFace } from './face.js';
import { stagesOf } from './stages.js';

const PRELOAD = fileURLToPath(new URL('../register.cjs', import.meta.url));
const MODES: readonly unknown[] = [undefined, 'json', 'advanced'];

type StdioList = Exclude<StdioOptions, string>;
type WithIpc = SpawnOptions & {
  readonly stdio: StdioList;
  readonly serialization?: 'json' | 'advanced' | undefined;
};

/** `child_process.spawn`, with 'ipc' in `stdio` through this library, on Node's own wire. */
export function spawnDropIn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const index = ipcIndex(options.stdio);
  // Nothing to do with IPC, or something that Node refuses: it says so itself.
  if (index === undefined || !speaks(options)) return nodeSpawn(command, args, options);
  return start(command, args, options as WithIpc, index, 'node');
}

/** `child_process.fork`: a child of this very Node gets the batched channel, by a preload; another one Node's own wire. */
export function forkDropIn(
  module: string | URL,
  args: readonly string[],
  options: ForkOptions,
): ChildProcess {
  const stdio = forkStdio(options);
  const index = ipcIndex(stdio);
  const path = module instanceof URL ? filePath(module) : module;
  if (index === undefined || typeof path !== 'string' || !speaks(options))
    return nodeFork(module, args, options);
  const execPath = options.execPath ?? process.execPath;
  const wire = execPath === process.execPath ? 'deka' : 'node';
  const preload = wire === 'deka' ? ['--require', PRELOAD] : [];
  const execArgv = [...withoutEval(options.execArgv ?? process.execArgv), ...preload];
  return start(
    execPath,
    [...execArgv, path, ...args],
    { ...options, shell: false, stdio } as WithIpc,
    index,
    wire,
  );
}

/** A child of Deka's kind: both variables set, JSON Lines in the envelope, at the first descriptor after `stdio`. */
export function spawnDeka(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const { stdio = 'pipe' } = options;
  const list: StdioList = typeof stdio === 'string' ? [stdio, stdio, stdio] : [...stdio];
  while (list.length < 3) list.push('pipe');
  return start(command, args, { ...options, stdio: [...list, 'ipc'] }, list.length, 'deka');
}

function start(
  command: string,
  args: readonly string[],
  options: WithIpc,
  index: number,
  wire: Wire,
): ChildProcess {
  const { serialization = 'json', ...rest } = options;
  const stages = stagesOf(serialization, wire);
  const env = childEnv(options.env ?? process.env, index, wire, stages.codec.name);
  const piped = spawnPiped(command, args, { ...rest, env }, index);
  if (piped.transport === undefined) return piped.process;
  let onPeerEnd = () => {};
  const channel = channelOver(piped.transport, stages, { keepAlive: 'always', onPeerEnd: () => onPeerEnd() });
  onPeerEnd = attachFace({ target: piped.process, channel, fd: piped.fd, countListeners: false });
  // 'close' waits for the end of every pipe: this one must not be held up by a program that listens to no 'message'.
  piped.process.once('exit', () => channel.readToEnd());
  return piped.process;
}

function speaks(options: SpawnOptions & { readonly serialization?: unknown }): boolean {
  return process.platform !== 'win32' && MODES.includes(options.serialization);
}

/** As Node's `fork` reads it: without a list, `silent` decides; a string stands for the first three. */
function forkStdio({ stdio, silent }: ForkOptions): StdioOptions {
  if (Array.isArray(stdio)) return stdio;
  const each = typeof stdio === 'string' ? stdio : silent === true ? 'pipe' : 'inherit';
  return [each, each, each, 'ipc'];
}

/** `node -e CODE` has CODE in its execArgv, which a forked module is not to run (lib/child_process.js, `fork`). */
function withoutEval(execArgv: readonly string[]): readonly string[] {
  const { _eval: code } = process as { _eval?: unknown };
  const at = execArgv === process.execArgv && typeof code === 'string' ? execArgv.lastIndexOf(code) : -1;
  return at > 0 ? execArgv.filter((_, index) => index !== at && index !== at - 1) : execArgv;
}

/** Undefined for a URL that is no file: Node says so itself. */
function filePath(url: URL): string | undefined {
  return url.protocol === 'file:' ? fileURLToPath(url) : undefined;
}
