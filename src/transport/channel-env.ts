import { fstatSync, statSync } from 'node:fs';
import { IpcError } from '../errors.js';
import { requireUnixSockets } from './platform.js';

export const PREFIX = 'DEKA_IPC_';
export const ENABLED = `${PREFIX}ENABLED`;
export const FD = `${PREFIX}FD`;
export const CODEC = `${PREFIX}CODEC`;
export const ACCEPTS = `${PREFIX}ACCEPTS`;
export const LANE = `${PREFIX}LANE`;

// Up to nine digits: a descriptor is a C int, and Number() would take '', ' 3', '0x3' and '3e0' as well.
const DESCRIPTOR = /^\d{1,9}$/;

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
