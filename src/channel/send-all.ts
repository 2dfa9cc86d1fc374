import { Readable } from 'node:stream';
import { IpcError } from '../errors.js';
import { type Observable, type ObservableInput, observable, SafeSubscriber } from '../rx.js';
import type { CloseReason } from './channel.js';
import { channelClosed } from './lifecycle.js';
import { onClosed } from './on-closed.js';

/** What {@link sendAll} needs of a channel. */
export interface Sink<Out> {
  /** False: `send` returned false because the channel has ended, and took nothing. */
  readonly connected: boolean;
  send(message: Out): boolean;
  ready(): Promise<void>;
  flush(): Promise<void>;
}

/** After so many messages without a wait, timers and reading get their turn: some milliseconds' worth. */
const SENDS_PER_TURN = 8192;

/** Sends all that a source yields and says how many that was, unless the channel ends or the signal aborts first. */
export async function sendAllWhileOpen<Out>(
  channel: Sink<Out> & { readonly closed: Promise<CloseReason> },
  source: ObservableInput<Out>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const stop = new Stop();
  const onAbort = () => stop.stop(signal?.reason);
  const stopListening = onClosed(channel, reason => stop.stop(channelClosed(reason)));
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted === true) onAbort();
  try {
    return await sendAll(channel, source, stop);
  } finally {
    stopListening();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Sends all that a source yields and says how many that was, unless `stop` comes first. */
export async function sendAll<Out>(
  sink: Sink<Out>,
  source: ObservableInput<Out>,
  stop: Stop,
): Promise<number> {
  const sent = await sendFrom(sink, source, stop);
  await stop.race(sink.flush());
  return sent;
}

/**
 * Something that may end a wait early. A `Promise.race` against one long-lived promise would leave a reaction on it in
 * every round of a loop; this leaves none.
 */
export class Stop {
  #stopped: { readonly reason: unknown } | undefined;
  #onStop: ((reason: unknown) => void) | undefined;

  stop(reason: unknown): void {
    this.#stopped ??= { reason };
    this.#onStop?.(this.#stopped.reason);
  }

  check(): void {
    if (this.#stopped !== undefined) throw this.#stopped.reason;
  }

  race<T>(wait: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#onStop = reject;
      wait.then(resolve, reject);
      if (this.#stopped !== undefined) reject(this.#stopped.reason);
    });
  }
}

function sendFrom<Out>(sink: Sink<Out>, source: ObservableInput<Out>, stop: Stop): Promise<number> {
  if (isObservable<Out>(source)) return sendPushed(sink, source, stop);
  const iterator = iteratorOf(source);
  if (iterator !== undefined) return sendPulled(sink, iterator, stop, () => giveUp(source, iterator));
  throw new IpcError(
    'ERR_INVALID_OPTION',
    'sendAll() takes an Observable, an iterable, an async iterable, a promise or an array of messages.',
  );
}

type Pulled<Out> = Iterator<Out> | AsyncIterator<Out>;

async function sendPulled<Out>(
  sink: Sink<Out>,
  source: Pulled<Out>,
  stop: Stop,
  onFailure: () => Promise<void>,
): Promise<number> {
  try {
    stop.check();
    for (let sent = 0; ; sent += 1) {
      const next = source.next();
      const step = isPromise(next) ? await stop.race(next) : next;
      if (step.done === true) return sent;
      stop.check();
      const room = sink.send(step.value);
      if (!room) await stop.race(sink.ready());
      else if (sent % SENDS_PER_TURN === SENDS_PER_TURN - 1) await stop.race(nextTurn());
    }
  } catch (thrown) {
    void onFailure(); // not awaited: an async generator answers only after what it is waiting for
    throw thrown;
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

async function giveUp(source: unknown, iterator: Pulled<unknown>): Promise<void> {
  // The iterator of a Readable is a generator: waiting for data, it would not hear of return() until there is some.
  if (source instanceof Readable) source.destroy();
  try {
    await iterator.return?.();
  } catch {
    // What led here is the failure to tell, not this one.
  }
}

async function sendPushed<Out>(sink: Sink<Out>, source$: Observable<Out>, stop: Stop): Promise<number> {
  stop.check();
  let sent = 0;
  let fail: (reason: unknown) => void = () => {};
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  // A subscriber made beforehand can be unsubscribed inside the first, synchronous `next`.
  const subscriber = new SafeSubscriber<Out>({ next, error: fail, complete: finish });
  source$.subscribe(subscriber);
  try {
    await stop.race(finished);
  } finally {
    subscriber.unsubscribe();
  }
  return sent;

  function next(message: Out): void {
    try {
      // Not taken: what is left to happen is the end of the channel, which says why.
      if (!sink.send(message) && !sink.connected) subscriber.unsubscribe();
      else sent += 1;
    } catch (thrown) {
      fail(thrown);
      subscriber.unsubscribe();
    }
  }
}

function iteratorOf<Out>(source: Exclude<ObservableInput<Out>, Observable<Out>>): Pulled<Out> | undefined {
  if (typeof source === 'string') return (source as Iterable<Out>)[Symbol.iterator]();
  if (typeof source !== 'object' || source === null) return undefined;
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  if (Symbol.iterator in source) return source[Symbol.iterator]();
  if (isPromise<Out>(source)) return onceResolved(source);
  return 'length' in source ? Array.from(source).values() : undefined;
}

async function* onceResolved<Out>(promise: PromiseLike<Out>): AsyncGenerator<Out, void> {
  yield await promise;
}

function isObservable<Out>(source: unknown): source is Observable<Out> {
  return typeof source === 'object' && source !== null && observable in source;
}

function isPromise<T>(value: unknown): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<T>).then === 'function';
}
