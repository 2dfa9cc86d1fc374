import type { SendCallback } from './channel.js';

/** On a `process` that `deka-ipc/register` gave its members: what has come waits there, also once the peer has left. */
export const REGISTERED: unique symbol = Symbol.for('deka-ipc.registered');

/** What a process has that was started with its runtime's own channel: Node's `process`, Bun's, Deno's. */
export interface MessageEnd {
  readonly [REGISTERED]?: true;
  readonly connected?: boolean;
  readonly channel?: { ref(): void; unref(): void } | null | undefined;
  send?(message: unknown, handle: undefined, options: undefined, callback: SendCallback): boolean;
  disconnect?(): void;
  on(event: 'message' | 'disconnect', listener: (message: unknown) => void): unknown;
  off(event: 'message' | 'disconnect', listener: (message: unknown) => void): unknown;
}
