import { IpcError, reasonOf } from '../errors.js';
import type { CloseReason, SendCallback } from './channel.js';

/** What the lifecycle steers. */
export interface Steering {
  /** Resolves when all that was accepted is in the kernel. Rejects if it never will be. */
  flush(): Promise<void>;
  /** Tells the peer that nothing more comes. */
  endLink(): void;
  /** The channel leaves the state open: it takes no more messages. */
  onClosing(): void;
  /** Takes everything down. Called once. */
  onClosed(reason: CloseReason): void;
}

/** What is chosen about the end. */
export interface Endings {
  readonly closeTimeoutMs: number;
  readonly allowHalfOpen: boolean;
}

/**
 * From open to closed.
 *
 * ```
 * state    | close()           | peer's end of file       | link broke | destroy()  | nothing moves for closeTimeoutMs
 * open     | → closing 'local' | a turn later, with       | → closed   | → closed   | → closing 'peer', if the peer
 *          |                   | nobody at work any more  |            |            |    has ended
 *          |                   |   → closing 'peer'       |            |            |
 * closing  |                   | → closed, if ours is out | → closed   | → closed   | → closed
 * closed   |                   |                          |            |            |
 * ```
 * Closing sends what is queued, then this side's end of file, then waits for the peer's. At work is who still has to answer
 * what the peer had sent before its end. With `allowHalfOpen` the end of the peer changes nothing until this side closes.
 */
export class Lifecycle {
  /** Settles once, never rejects. */
  readonly closed: Promise<CloseReason>;
  readonly #steering: Steering;
  readonly #closeTimeoutMs: number;
  readonly #allowHalfOpen: boolean;
  #resolveClosed: (reason: CloseReason) => void = () => {};
  #state: 'open' | 'closing' | 'closed' = 'open';
  #reason: CloseReason = 'local';
  #endSent = false;
  #peerEnded = false;
  #atWork = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(steering: Steering, { closeTimeoutMs, allowHalfOpen }: Endings) {
    this.#steering = steering;
    this.#closeTimeoutMs = closeTimeoutMs;
    this.#allowHalfOpen = allowHalfOpen;
    this.closed = new Promise(resolve => {
      this.#resolveClosed = resolve;
    });
  }

  get open(): boolean {
    return this.#state === 'open';
  }

  /** Ended, and taken down. */
  get over(): boolean {
    return this.#state === 'closed';
  }

  /** Why the channel is ending or has ended; undefined while it is open. */
  get reason(): CloseReason | undefined {
    return this.open ? undefined : this.#reason;
  }

  async close(): Promise<void> {
    this.#beginClosing('local');
    await this.closed;
  }

  destroy(reason?: unknown): void {
    this.#finish(reason === undefined ? 'local' : { error: destroyed(reason) });
  }

  peerEnded(): void {
    this.#peerEnded = true;
    if (this.#endSent) this.#finish(this.#reason);
    else this.#followPeer();
  }

  /** Somebody is at work. @returns what to call, once, when it is done */
  work(): () => void {
    this.#atWork += 1;
    return () => {
      this.#atWork -= 1;
      if (this.#peerEnded) this.#followPeer();
    };
  }

  workUntil(settled: Promise<unknown>): void {
    const done = this.work();
    settled.then(done, done);
  }

  linkBroke(error: unknown): void {
    if (!isPeerGone(error)) this.#finish({ error: transportError(error) });
    else this.#finish(this.open ? 'peer' : this.#reason);
  }

  /** Bytes came or went: whoever waits for the peer may go on waiting. */
  progress(): void {
    this.#timer?.refresh();
  }

  /** A turn later, so that what a consumer sends in answer to the end of its input still goes out. */
  #followPeer(): void {
    if (this.#allowHalfOpen) return;
    setImmediate(() => {
      if (this.#atWork === 0) this.#beginClosing('peer');
      else if (this.open) this.#timer ??= setTimeout(() => this.#beginClosing('peer'), this.#closeTimeoutMs);
    });
  }

  #beginClosing(reason: CloseReason): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#reason = reason;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#finish(this.#reason), this.#closeTimeoutMs);
    this.#steering.onClosing();
    this.#steering.flush().then(
      () => this.#sendEnd(),
      () => {}, // the queue failed because the channel was taken down: `closed` tells why
    );
  }

  #sendEnd(): void {
    if (this.#state !== 'closing') return;
    this.#endSent = true;
    this.#steering.endLink();
    if (this.#peerEnded) this.#finish(this.#reason);
  }

  #finish(reason: CloseReason): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#reason = reason;
    clearTimeout(this.#timer);
    this.#steering.onClosed(reason);
    this.#resolveClosed(reason);
  }
}

/** A signal ends a channel, as long as there is one to end. */
export function destroyOnAbort(
  channel: { readonly closed: Promise<CloseReason>; destroy(reason: Error): void },
  signal: AbortSignal,
): void {
  const onAbort = () => channel.destroy(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  void channel.closed.then(() => signal.removeEventListener('abort', onAbort));
}

/** What a send, a flush or a wait gets once the channel has ended. */
export function channelClosed(reason: CloseReason): IpcError {
  const why = {
    local: 'this side closed it',
    peer: 'the other side closed it or died',
    error: 'the link broke',
  }[byThisSide(reason) ? 'local' : typeof reason === 'string' ? reason : 'error'];
  return new IpcError(
    'ERR_CHANNEL_CLOSED',
    `The channel has ended: ${why}. Check connected before sending, or await closed and open a new channel.`,
    typeof reason === 'string' ? {} : { cause: reason.error },
  );
}

/**
 * A send on a channel that has ended. With a callback, that is told. Without one, a caller that closed the channel
 * itself has made a mistake and gets it thrown; one whose peer left could not know, and gets what it would have got
 * had the peer left a moment later: false.
 */
export function refuse(reason: CloseReason, callback: SendCallback | undefined): false {
  if (callback !== undefined) process.nextTick(callback, channelClosed(reason));
  else if (byThisSide(reason)) throw channelClosed(reason);
  return false;
}

// A peer that dies with data unread resets the link; to this side that is the peer leaving, not a fault of the link.
function isPeerGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ECONNRESET';
}

function transportError(cause: unknown): IpcError {
  if (cause instanceof IpcError) return cause;
  return new IpcError(
    'ERR_TRANSPORT',
    `The link broke: ${reasonOf(cause)}. What was queued is lost; open a new channel.`,
    { cause },
  );
}

/** By close(), destroy() or a signal. */
function byThisSide(reason: CloseReason): boolean {
  return reason === 'local' || (typeof reason !== 'string' && reason.error.code === 'ERR_CHANNEL_CLOSED');
}

function destroyed(reason: unknown): IpcError {
  if (reason instanceof IpcError) return reason;
  return new IpcError('ERR_CHANNEL_CLOSED', `The channel was destroyed: ${reasonOf(reason)}.`, {
    cause: reason,
  });
}
