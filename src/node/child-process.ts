import type { ChildProcess, ForkOptions, SpawnOptions, StdioOptions } from 'node:child_process';
import { fork as nodeFork, spawn as nodeSpawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { channelOver } from '../channel/open.js';
import { planOf } from '../channel/options.js';
import { childEnv, type Wire, withInherited } from '../transport/child-env.js';
import { ipcIndex, spawnPiped } from '../transport/pipe.js';
import { hasLanes } from '../transport/platform.js';
import { withoutEval } from '../transport/spawn.js';
import { attachFace, type FaceHooks } from './face.js';
import { preloading } from './preload.js';
import { stagesOf } from './stages.js';

const PRELOAD = preloadFile();
const MODES: readonly unknown[] = [undefined, 'json', 'advanced'];
const SHORTHANDS: readonly string[] = ['pipe', 'ignore', 'inherit', 'overlapped'];
/** Options that make `fork` ask Node what is wrong. */
const REFUSED: ForkOptions = { stdio: [] };

type StdioList = Exclude<StdioOptions, string>;
type WithIpc = SpawnOptions & {
  readonly stdio: StdioList;
  readonly serialization?: 'json' | 'advanced' | undefined;
};

/** Undefined in a bundle, which the preload is not in: children are then spoken to on Node's own wire. */
function preloadFile(): string | undefined {
  const { url } = import.meta as { readonly url?: string };
  if (url === undefined) return undefined; // in CommonJS
  const file = fileURLToPath(new URL('../register.cjs', url));
  return existsSync(file) ? file : undefined;
}

/** `child_process.spawn`, with 'ipc' in `stdio` through this library, on Node's own wire. */
export function spawnDropIn(command: string, ...rest: unknown[]): ChildProcess {
  const { args, options } = argsAndOptions<SpawnOptions>(rest);
  const index = ipcIndex(options?.stdio);
  // Nothing to do with IPC, or something that Node refuses: it says so itself.
  if (options === undefined || index === undefined || !speaks(options)) {
    return nodeSpawn(command, ...(rest as [string[], SpawnOptions]));
  }
  return start(command, args, options as WithIpc, index, 'node');
}

/** `child_process.fork`: a child of this very Node gets the batched channel, by a preload; another one Node's own wire. */
export function forkDropIn(module: string | URL, first?: unknown, second?: unknown): ChildProcess {
  const { args, options = REFUSED } = argsAndOptions<ForkOptions>([first, second ?? undefined]);
  const stdio = forkStdio(options);
  const index = ipcIndex(stdio);
  const path = modulePath(module);
  if (index === undefined || path === undefined || !speaks(options))
    return nodeFork(module, first as string[], second as ForkOptions);
  const execPath = options.execPath || process.execPath;
  const ownEnv = withInherited(options.env || process.env);
  const ownArgv = options.execArgv || process.execArgv;
  const nodeOptions = [...ownArgv, ...(ownEnv['NODE_OPTIONS'] ?? '').split(' ')];
  // In Node 20 such a child may not read the preload.
  const confined = nodeOptions.includes('--experimental-permission');
  const preload = execPath === process.execPath && !confined ? PRELOAD : undefined;
  const wire = preload === undefined ? 'node' : 'deka';
  const { execArgv, env } =
    preload === undefined ? { execArgv: [], env: ownEnv } : preloading(preload, ownEnv);
  const nodeArgs = [...execArgv, ...withoutEval(ownArgv)];
  const child = start(
    execPath,
    [...nodeArgs, path, ...args],
    { ...options, env, shell: false, stdio } as WithIpc,
    index,
    wire,
    wire === 'deka',
  );
  child.spawnargs.splice(1, execArgv.length); // nor does the child see it in its execArgv
  return child;
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
  peerKnown = false,
): ChildProcess {
  const { serialization = 'json', ...rest } = options;
  const plan = planOf(stagesOf(serialization, wire), true);
  const laned = wire === 'deka' && hasLanes;
  const laneAt = laned ? Math.max(3, options.stdio.length) : undefined; // Node fills up a shorter list
  const announcement = { wire, codec: plan.options.codec.name, accepts: plan.accepts };
  const env = childEnv(options.env || process.env, index, announcement, laneAt);
  const piped = spawnPiped(command, args, { ...rest, env }, { index, laned, peerKnown });
  const { transport, lane } = piped;
  if (transport === undefined) return piped.process;
  let face: FaceHooks | undefined;
  const channel = channelOver(transport, plan, {
    keepAlive: 'always',
    onPeerEnd: () => face?.peerEnded(),
    lane,
    members: { process: piped.process },
  });
  // 'close' waits for the end of every pipe: this one must not be held up by a program that listens to no 'message'.
  piped.process.once('exit', () => channel.readToEnd());
  face = attachFace({ target: piped.process, channel, fd: piped.fd, countListeners: false });
  return piped.process;
}

function speaks(options: SpawnOptions & { readonly serialization?: unknown }): boolean {
  return process.platform !== 'win32' && MODES.includes(options.serialization);
}

/** Either may be left out, and null stands for no arguments. No options, if they are nothing that Node would take. */
function argsAndOptions<Options extends object>([first, second]: readonly unknown[]): {
  readonly args: readonly string[];
  readonly options: Options | undefined;
} {
  const listed = Array.isArray(first) || first === undefined || first === null;
  const options = (listed ? second : first) ?? (listed && second === undefined ? {} : null);
  const taken = typeof options === 'object' && options !== null && !Array.isArray(options);
  return {
    args: Array.isArray(first) ? first : [],
    options: taken ? ({ ...options } as Options) : undefined,
  };
}

/** As Node's `fork` reads it: without a list, `silent` decides; a string stands for the first three. */
function forkStdio({ stdio, silent }: ForkOptions): StdioOptions | undefined {
  if (Array.isArray(stdio)) return stdio;
  const each = typeof stdio === 'string' ? stdio : silent ? 'pipe' : 'inherit';
  return SHORTHANDS.includes(each) ? [each, each, each, 'ipc'] : undefined;
}

/** Undefined for what is no file: Node says so itself. */
function modulePath(module: unknown): string | undefined {
  if (module instanceof URL) return module.protocol === 'file:' ? fileURLToPath(module) : undefined;
  return typeof module === 'string' && !module.includes('\0') ? module : undefined;
}
