import type { ChildProcess } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import type { IpcError } from '../errors.js';
import type { Channel, CloseReason } from './channel.js';

/** What a subscriber gets to see: the channel that `fork`, `parent` and the others give to the program. */
type PublishedChannel = Channel & {
  /** At the other end, if it is a child that this process started. */
  readonly process?: ChildProcess;
};

/**
 * What is published on `node:diagnostics_channel`, under which name: for tools that watch every channel of a process. A
 * subscriber is called at once; what it throws becomes an `'uncaughtException'`, as with any diagnostics channel, and
 * does not reach the channel.
 *
 * @example
 * subscribe('deka-ipc:channel:close', message => {
 *   const { reason } = message as DiagnosticsMessages['deka-ipc:channel:close'];
 *   console.log(reason);
 * });
 */
export interface DiagnosticsMessages {
  /** A channel was made, in whatever way. Nothing has been read from it yet. */
  'deka-ipc:channel:open': { readonly channel: PublishedChannel };
  /** It has ended. Once for each that was opened, but not when the process exits before. */
  'deka-ipc:channel:close': { readonly channel: PublishedChannel; readonly reason: CloseReason };
  /** A frame could not be read. At the rate of `failures$`: in a flood one error stands for many, see its `count`. */
  'deka-ipc:channel:badFrame': { readonly channel: PublishedChannel; readonly error: IpcError };
  /** The send queue has fallen to the low-water mark, to so many bytes. Before `drain$` fires. */
  'deka-ipc:channel:drain': { readonly channel: PublishedChannel; readonly queuedBytes: number };
}

// Held here: Node forgets a diagnostics channel that nobody holds.
const CHANNELS = {
  'deka-ipc:channel:open': channel('deka-ipc:channel:open'),
  'deka-ipc:channel:close': channel('deka-ipc:channel:close'),
  'deka-ipc:channel:badFrame': channel('deka-ipc:channel:badFrame'),
  'deka-ipc:channel:drain': channel('deka-ipc:channel:drain'),
};

/** The message is made only if somebody subscribes. */
export function publish<Name extends keyof DiagnosticsMessages>(
  name: Name,
  message: () => DiagnosticsMessages[Name],
): void {
  const to = CHANNELS[name];
  if (to.hasSubscribers) to.publish(message());
}
