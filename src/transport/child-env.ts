import { ACCEPTS, CODEC, ENABLED, FD, LANE, PREFIX } from './channel-env.js';

const NODE_FD = 'NODE_CHANNEL_FD';
const NODE_MODE = 'NODE_CHANNEL_SERIALIZATION_MODE';

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

function withoutChannel(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isChannelVariable(name)));
}

function isChannelVariable(name: string): boolean {
  return name.startsWith(PREFIX) || name === NODE_FD || name === NODE_MODE;
}
