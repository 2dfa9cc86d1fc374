import type { Observer, Subscribable, Unsubscribable } from '../rx.js';

/**
 * Something to subscribe to as to an Observable, made without rxjs: who only sends and receives messages need not load it.
 *
 * @param start called for each subscriber; returns what to call when it hears nothing more.
 */
export function byteSource(start: (sink: ByteSink) => () => void): Subscribable<Uint8Array> {
  return {
    subscribe: observer => {
      const sink = new ByteSink(observer);
      sink.onStop(start(sink));
      return sink;
    },
  };
}

/** Tells a subscriber, until it has told of an end or the subscriber has left. */
export class ByteSink implements Unsubscribable {
  #observer: Partial<Observer<Uint8Array>> | undefined;
  #stop: (() => void) | undefined;

  constructor(observer: Partial<Observer<Uint8Array>>) {
    this.#observer = observer;
  }

  next(chunk: Uint8Array): void {
    this.#observer?.next?.(chunk);
  }

  error(error: unknown): void {
    this.#leave()?.error?.(error);
  }

  complete(): void {
    this.#leave()?.complete?.();
  }

  unsubscribe(): void {
    this.#leave();
  }

  /** @internal */
  onStop(stop: () => void): void {
    if (this.#observer === undefined) stop();
    else this.#stop = stop;
  }

  #leave(): Partial<Observer<Uint8Array>> | undefined {
    const observer = this.#observer;
    this.#observer = undefined;
    this.#stop?.();
    this.#stop = undefined;
    return observer;
  }
}
