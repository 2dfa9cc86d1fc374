import { fstatSync, statSync } from 'node:fs';
import { IpcError } from '../errors.js';
import { requireUnixSockets } from './platform.js';

const PREFIX = 'DEKA_IPC_';
const ENABLED = `${PREFIX}ENABLED`;
const FD = `${PREFIX}FD`;
const CODEC = `${PREFIX}CODEC`;
const ACCEPTS = `${PREFIX}ACCEPTS`;
const LANE = `${PREFIX}LANE`;
const NODE_FD = 'NODE_CHANNEL_FD';
const NODE_MODE = 'NODE_CHANNEL_SERIALIZATION_MODE';

// Up to nine digits: a descriptor is a C int, and Number() would take '', ' 3', '0x3' and '3e0' as well.
const DESCRIPTOR = /^\d{1,9}$/;

/** How a child learns of its channel: Deka's variables, or those with which a runtime opens its own `process.send`. */
export type Wire = 'deka' | 'node';

/** What a child is told of its channel. */
export interface Announcement {
  readonly wire: Wire;
  /** The name of the codec. */
  readonly codec: string;
  /** Extensions of Deka's wire that the parent takes; undefined where it knows of none. */
  readonly accepts?: readonly string[] | undefined;
  /** Whether there is to be a lane for handles, at the first descriptor behind all others. */
  readonly handles?: boolean;
}

/**
 * The environment of a child whose channel stands at `fd`, and its lane for handles at `lane`, if there is one. Nothing of
 * this process's own channel is handed down.
 */
export function childEnv(
  env: NodeJS.ProcessEnv,
  fd: number,
  announcement: Announcement,
  lane?: number,
): NodeJS.ProcessEnv {
  const laneAt = lane === undefined ? {} : { [LANE]: String(lane) };
  return { ...withoutChannel(withInherited(env)), ...variables(fd, announcement), ...laneAt };
}

/** Node reads what an environment inherits, too: `Object.create(process.env)` is one. */
export function withInherited(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const all: NodeJS.ProcessEnv = {};
  for (const name in env) all[name] = env[name];
  return all;
}

function variables(fd: number, { wire, codec, accepts }: Announcement): NodeJS.ProcessEnv {
  if (wire === 'node') return { [NODE_FD]: String(fd), [NODE_MODE]: codec === 'v8' ? 'advanced' : codec };
  return {
    [ENABLED]: '1',
    [FD]: String(fd),
    // JSON Lines are what a child assumes that knows only the two variables.
    ...(codec === 'json' ? {} : { [CODEC]: codec }),
    ...(accepts === undefined ? {} : { [ACCEPTS]: accepts.join(',') }),
  };
}

/** Whether the environment promises a channel: both variables are there. Checks nothing, changes nothing. */
export function announcesChannel(env: NodeJS.ProcessEnv): boolean {
  return env[ENABLED] === '1' && env[FD] !== undefined;
}

/** What the environment says of the channel. */
export interface Announced {
  readonly fd: number;
  /** The name of the codec; `json` unless the parent says otherwise. */
  readonly codec: string;
  /** Extensions that the parent takes; undefined if it knows of none and must not be sent any. */
  readonly accepts: readonly string[] | undefined;
  /** The descriptor of the lane for handles, if there is one. */
  readonly lane: number | undefined;
}

/**
 * The descriptor the environment names. Removes the variables, so that no grandchild finds them.
 * Throws `ERR_NO_PARENT_CHANNEL` if they are not both there, `ERR_BAD_CHANNEL_FD` if what they name is no open socket,
 * `ERR_UNSUPPORTED_PLATFORM`.
 */
export function takeChannel(env: NodeJS.ProcessEnv): Announced {
  requireUnixSockets('parent()');
  if (!announcesChannel(env)) throw noParent();
  const text = env[FD] ?? '';
  const codec = env[CODEC] ?? 'json';
  const accepts = env[ACCEPTS]?.split(',');
  const laneText = env[LANE] ?? '';
  for (const name of Object.keys(env).filter(name => name.startsWith(PREFIX))) delete env[name];
  if (!DESCRIPTOR.test(text)) throw badFd(text, 'is not a descriptor number');
  const fd = Number(text);
  // Somebody else's descriptor (a log file, a pipe to a pager) must not be written to because a variable was stale.
  if (!isSocket(fd)) throw badFd(text, 'is not an open socket in this process');
  const lane = Number(laneText);
  const laned = DESCRIPTOR.test(laneText) && lane !== fd && isSocket(lane);
  return { fd, codec, accepts, lane: laned ? lane : undefined };
}

function withoutChannel(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isChannelVariable(name)));
}

function isChannelVariable(name: string): boolean {
  return name.startsWith(PREFIX) || name === NODE_FD || name === NODE_MODE;
}

function isSocket(fd: number): boolean {
  try {
    // Deno's fs knows only descriptors that it opened itself.
    const stat = process.versions['deno'] === undefined ? fstatSync(fd) : statSync(`/dev/fd/${fd}`);
    return stat.isSocket();
  } catch {
    return false;
  }
}

function noParent(): IpcError {
  return new IpcError(
    'ERR_NO_PARENT_CHANNEL',
    `This process has no channel to a parent: ${ENABLED}=1 and ${FD}=<n> are not both set. ` +
      "Start it with fork() or spawn() of 'deka-ipc', or with a Unix socket at descriptor <n> and both variables set. " +
      'hasParent() tells without throwing.',
  );
}

function badFd(text: string, problem: string): IpcError {
  return new IpcError(
    'ERR_BAD_CHANNEL_FD',
    `${FD} is ${JSON.stringify(text.slice(0, 40))}, which ${problem}. ` +
      'The parent must put a Unix stream socket at that descriptor; with a shell in between, check that it is passed on.',
  );
}
