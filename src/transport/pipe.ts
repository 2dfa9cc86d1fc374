import type { ChildProcess, SpawnOptions, StdioOptions } from 'node:child_process';
import { spawn as nodeSpawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { HandleLane } from './handle-lane.js';
import { spawnLaned } from './lanes.js';
import { movedToOneBuffer } from './one-buffer.js';
import { streamTransport } from './stream-transport.js';
import type { Transport } from './transport.js';

type StdioList = Exclude<StdioOptions, string>;

/** A child whose 'ipc' descriptor is a pipe of ours, which its `stdio` does not show. */
export interface PipedChild {
  readonly process: ChildProcess;
  /** Undefined if the system had no descriptor left; the child emits 'error' then. */
  readonly transport: Transport | undefined;
  readonly lane: HandleLane | undefined;
  /** Of the parent's end; -1 once it is closed. */
  fd(): number;
}

/** Where 'ipc' stands in `stdio`. Undefined if it does not, or not exactly once: then Node knows what to say. */
export function ipcIndex(stdio: StdioOptions | undefined): number | undefined {
  if (!Array.isArray(stdio)) return undefined;
  const index = stdio.indexOf('ipc');
  return index === -1 || index !== stdio.lastIndexOf('ipc') ? undefined : index;
}

/**
 * Starts a command with a Unix socket in the place of 'ipc', and, if asked for, a lane for handles behind all of `stdio`.
 * Throws what Node throws.
 */
export function spawnPiped(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { readonly stdio: StdioList },
  {
    index,
    laned,
    peerKnown,
  }: { readonly index: number; readonly laned: boolean; readonly peerKnown: boolean },
): PipedChild {
  const stdio = options.stdio.map((entry, at) => (at === index ? 'pipe' : entry));
  const start = () => nodeSpawn(command, args, { ...options, stdio });
  const { process: child, lane } = laned
    ? spawnLaned(start, peerKnown)
    : { process: start(), lane: undefined };
  const socket = takeSocket(child, index);
  if (socket === undefined) {
    lane?.close();
    return { process: child, transport: undefined, lane: undefined, fd: () => -1 };
  }
  socket.allowHalfOpen = true; // the child's end of file must not end our side while messages are queued
  const transport = streamTransport(socket, socket);
  return { process: child, transport, lane, fd: () => descriptorOf(socket) };
}

/** Takes the socket out of what the program sees: under Node there is null in its place. */
function takeSocket(child: ChildProcess, index: number): Socket | undefined {
  const stdio = child.stdio as unknown as (Socket | null)[] | undefined;
  const socket = stdio?.[index];
  if (stdio === undefined || !(socket instanceof Socket)) return undefined;
  stdio[index] = null;
  const name = (['stdin', 'stdout', 'stderr'] as const)[index];
  if (name !== undefined) Object.assign(child, { [name]: null });
  // Node makes the stream at 0 writable only, as fits stdin; the socket below it reads as well.
  const moved = movedToOneBuffer(socket);
  return moved === socket && index === 0
    ? new Socket({ handle: handleOf(socket), readable: true, writable: true } as object)
    : moved;
}

function handleOf(socket: Socket): unknown {
  return (socket as { _handle?: unknown })._handle;
}

function descriptorOf(socket: Socket): number {
  return (handleOf(socket) as { fd?: number } | null | undefined)?.fd ?? -1;
}
