import { IpcError, reasonOf } from '../errors.js';
import { Waiters } from '../transport/waiters.js';
import type { SendCallback } from './channel.js';
import { channelClosed } from './lifecycle.js';
import type { Link, LinkCounters, LinkListener } from './link.js';
import type { MessageEnd } from './message-end.js';

/**
 * Messages through `process.send` and `'message'`, where the runtime owns the descriptor. Framing, codec and queue are
 * the runtime's: bytes cannot be counted, and what comes in while paused waits here, without a bound.
 */
export function messageLink<Out, In>(end: MessageEnd): Link<Out, In> {
  return new MessageLink(end);
}

interface Pending {
  readonly number: number;
  readonly callback: SendCallback | undefined;
  readonly sentAt: number | undefined;
}

class MessageLink<Out, In> implements Link<Out, In> {
  readonly #end: MessageEnd;
  #listener: LinkListener<In> | undefined;
  readonly #pending = new Set<Pending>();
  readonly #waiters = new Waiters();
  #kept: In[] = []; // what came in while paused
  #paused = false;
  #blocked = false;
  #failed: Error | undefined;
  #recordDelay: ((delayMs: number) => void) | undefined;
  #sent = 0;
  #reads = 0;

  constructor(end: MessageEnd) {
    this.#end = end;
  }

  start(listener: LinkListener<In>): void {
    this.#listener = listener;
    this.#end.on('message', this.#endOnMessage);
    this.#end.on('disconnect', this.#endOnDisconnect);
    // What waits is emitted on ticks, and 'disconnect' was told already.
    if (this.#end.connected !== true) setImmediate(this.#endOnDisconnect);
  }

  send(message: Out, callback?: SendCallback): boolean {
    const pending = { number: this.#sent + 1, callback, sentAt: this.#recordDelay && performance.now() };
    const onSent: SendCallback = error => this.#settle(pending, error && channelClosed('peer'));
    if (!this.#post(message, onSent)) this.#blocked = true;
    this.#pending.add(pending);
    this.#sent += 1;
    return !this.#blocked;
  }

  sendMany(messages: readonly Out[], callback?: SendCallback): boolean {
    messages.forEach((message, index) => {
      this.send(message, index === messages.length - 1 ? callback : undefined);
    });
    if (messages.length === 0 && callback !== undefined) process.nextTick(callback, null);
    return !this.#blocked;
  }

  /** The runtime says when its queue is empty, not when it is half full. */
  ready(): Promise<void> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    return this.#blocked ? this.#waiters.room() : Promise.resolve();
  }

  flush(): Promise<void> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    if (this.#pending.size === 0) return Promise.resolve();
    return this.#waiters.flushed(this.#sent);
  }

  fail(error: Error): void {
    this.#failed ??= error;
    for (const pending of this.#pending) this.#settle(pending, error);
  }

  /** Not by taking the listener away: Node would throw at nobody what comes together with the message that is one too many. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    // Not at once: whoever resumes may be in the middle of a delivery.
    process.nextTick(() => this.#deliverKept());
  }

  ref(): void {
    this.#end.channel?.ref();
  }

  unref(): void {
    this.#end.channel?.unref();
  }

  end(): void {
    if (this.#end.connected === true) this.#end.disconnect?.();
  }

  destroy(): void {
    this.#end.off('message', this.#endOnMessage);
    this.#end.off('disconnect', this.#endOnDisconnect);
    this.#kept = [];
    this.end();
  }

  counters(): LinkCounters {
    return {
      sent: this.#sent,
      bytesSent: 0,
      bytesReceived: 0,
      writes: this.#sent,
      reads: this.#reads,
      queuedBytes: 0,
      queuedBytesPeak: 0,
    };
  }

  /** Each message is a write of its own here. */
  recordDelays(record: (delayMs: number) => void): void {
    this.#recordDelay = record;
  }

  readonly #endOnMessage = (message: unknown): void => {
    this.#reads += 1;
    if (this.#paused || this.#kept.length > 0) this.#kept.push(message as In);
    else this.#listener?.onMessages([message as In], 0);
  };

  readonly #endOnDisconnect = (): void => {
    this.#paused = false;
    this.#deliverKept();
    this.#listener?.onEnd();
  };

  #deliverKept(): void {
    if (this.#paused || this.#kept.length === 0) return;
    const kept = this.#kept;
    this.#kept = [];
    this.#listener?.onMessages(kept, 0);
  }

  #post(message: Out, onSent: SendCallback): boolean {
    try {
      return this.#end.send?.(message, undefined, undefined, onSent) ?? false;
    } catch (cause) {
      throw new IpcError(
        'ERR_ENCODE',
        `The runtime cannot send this message: ${reasonOf(cause)}. Send a plain copy of what is needed.`,
        { cause },
      );
    }
  }

  #settle(pending: Pending, error: Error | null): void {
    if (!this.#pending.delete(pending)) return; // failed meanwhile: it was told
    if (pending.callback !== undefined) process.nextTick(pending.callback, error);
    if (error === null && pending.sentAt !== undefined)
      this.#recordDelay?.(performance.now() - pending.sentAt);
    this.#listener?.onProgress(this.#pending.size === 0 ? 1 : 0);
    if (error !== null) this.#waiters.reject(error);
    if (this.#failed !== undefined) return;
    const oldest = this.#pending.values().next().value;
    this.#waiters.tellFlushed(oldest === undefined ? this.#sent : oldest.number - 1);
    if (oldest !== undefined || !this.#blocked) return;
    this.#blocked = false;
    this.#waiters.tellRoom();
    this.#listener?.onDrain();
  }
}
