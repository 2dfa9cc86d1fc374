import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { quoted, reasonOf } from '../errors.js';
import { builtin } from './builtin.js';

/** Node's native pipe with room for descriptors: what stands behind `'ipc'` in `stdio`. */
export interface NativePipe {
  open(fd: number): number;
  readStart(): number;
  readStop(): number;
  close(): void;
  /** Called with the bytes that have come; undefined at the end. */
  onread(bytes: ArrayBuffer | undefined): void;
}

/** What Node puts on whatever has an `'ipc'` channel, as far as it is used here. */
export interface NodeChannel extends EventEmitter {
  connected: boolean;
  channel: { ref(): void; unref(): void } | null;
  send(
    message: object,
    handle?: unknown,
    options?: { readonly keepOpen?: boolean },
    callback?: (error: Error | null) => void,
  ): boolean;
  disconnect(): void;
  _send(...args: unknown[]): boolean;
  /** Not null while a handle waits for its acknowledgement. */
  _handleQueue: unknown;
  /** The socket that is sent again if the peer got the message without it. */
  _pendingMessage: unknown;
}

/** One end of a lane. */
export interface LaneEnd {
  readonly channel: NodeChannel;
  readonly pipe: NativePipe;
}

interface StdioEntry {
  readonly ipc?: boolean;
  readonly handle?: NativePipe;
}

/**
 * Node's own channel, with all it knows of handles, on an object of its own: a ChildProcess that has no process. So
 * neither `process` nor the child that a program sees has anything of it: no 'message', no `send`, no environment.
 *
 * Node makes the pipe for the `'ipc'` in `stdio` and hands it to the native `spawn`, in whose place stands `connect`
 * (lib/internal/child_process.js, `ChildProcess.prototype.spawn`; the same in Node 20 to 26).
 *
 * @param connect joins the pipe to a descriptor, before anything is read from it.
 */
export function laneEnd(connect: (pipe: NativePipe) => void): LaneEnd {
  const { prototype } = builtin('node:child_process').ChildProcess;
  const target = Object.create(prototype) as ChildProcess & NodeChannel;
  EventEmitter.call(target);
  let pipe: NativePipe | undefined;
  const spawn = (...args: unknown[]): number => {
    pipe = stdioIn(args).find(({ ipc }) => ipc === true)?.handle;
    if (pipe === undefined) throw new Error('this version of Node starts processes in another way');
    connect(pipe);
    return 0;
  };
  Object.assign(target, { _handle: { spawn }, _closesNeeded: 1, _closesGot: 0, connected: false });
  const start = (prototype as unknown as { spawn(options: object): number }).spawn;
  start.call(target, { file: '', args: [], envPairs: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const end = { channel: target, pipe: pipe as unknown as NativePipe };
  readToTheEnd(end.pipe);
  return end;
}

/**
 * A read brings one descriptor, less than was asked for, and libuv takes that for the last read of a peer that is gone
 * (libuv/libuv#2319): what else it sent would be lost. Here an end is one only if another read finds nothing.
 */
function readToTheEnd(pipe: NativePipe): void {
  const { onread } = pipe;
  let read = false; // since the last end
  pipe.onread = bytes => {
    const readOn = bytes === undefined && read && pipe.readStart() === 0;
    read = bytes !== undefined;
    if (!readOn) onread.call(pipe, bytes);
  };
}

/** The list of stdio among the arguments of the native `spawn`: in its options until Node 22, the fifth since. */
export function stdioIn(args: readonly unknown[]): readonly StdioEntry[] {
  const [options, , , , fifth] = args;
  return (Array.isArray(fifth) ? fifth : (options as { stdio: unknown }).stdio) as readonly StdioEntry[];
}

/** The same arguments with another list of stdio. */
export function withStdio(args: readonly unknown[], stdio: readonly StdioEntry[]): unknown[] {
  if (Array.isArray(args[4])) return args.map((argument, at) => (at === 4 ? stdio : argument));
  return [{ ...(args[0] as object), stdio }, ...args.slice(1)];
}

/**
 * Node takes it for granted that only Node writes to its channel: a line that is no JSON, or an answer to nothing, makes it
 * throw where nobody can catch it (nodejs/node#10131). Here it is caught, and told.
 */
export function guardNode({ channel, pipe }: LaneEnd, failed: (why: string) => void): void {
  const { onread } = pipe;
  const { emit } = channel;
  pipe.onread = bytes => {
    attempt(() => onread.call(pipe, bytes));
  };
  channel.emit = (name, ...args) => {
    // What comes after Node has done its part is ours, and its faults should show.
    if (name !== 'internalMessage') return emit.call(channel, name, ...args);
    return attempt(() => {
      refuseMismatch(args[0] as Announced, args[1] as NativeHandle | undefined);
      return emit.call(channel, name, ...args);
    });
  };

  function attempt<T>(work: () => T): T | false {
    try {
      return work();
    } catch (thrown) {
      failed(
        `the other process wrote to the lane what Node does not understand (${quoted(reasonOf(thrown))})`,
      );
      return false;
    }
  }
}

/** Which handle the peer says comes with its message. */
interface Announced {
  readonly type?: string;
}

interface NativeHandle {
  close(): void;
  listen?: unknown;
  getpeername?(into: object): number;
  readStart?: unknown;
  recvStart?: unknown;
}

const FITS: Readonly<Record<string, (handle: NativeHandle) => boolean>> = {
  'net.Server': handle => handle.listen !== undefined && handle.getpeername?.({}) !== 0, // 0: it is a connection
  'net.Socket': handle => handle.readStart !== undefined,
  'dgram.Socket': handle => handle.recvStart !== undefined,
};

/** What a descriptor is, Node takes its peer's word for: of another kind it fails a tick later, where nobody can catch it. */
function refuseMismatch({ type = '' }: Announced, handle: NativeHandle | undefined): void {
  if (handle === undefined || !Object.hasOwn(FITS, type) || FITS[type]?.(handle) === true) return;
  handle.close();
  throw new Error(`a ${type} that is none`);
}
