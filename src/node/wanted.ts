import type { EventEmitter } from 'node:events';

/** Who listens to these has the channel read: messages then wait without a bound until 'message' has a listener, as in Node. */
export const ARRIVALS: readonly string[] = ['message', 'internalMessage', 'disconnect'];

/** Of a child. One that has more to write than anybody reads never ends. */
export const ENDS: readonly string[] = ['exit', 'close'];

/** Whether anybody listens to any of these events, beside those who listen already. */
export class Wanted {
  readonly #target: EventEmitter;
  readonly #own: ReadonlyMap<unknown, number>;
  /** Whether nobody can be asked any more. */
  always = false;

  constructor(target: EventEmitter, names: readonly string[]) {
    this.#target = target;
    this.#own = new Map(names.map(name => [name, target.listenerCount(name)]));
  }

  by(name: unknown): boolean {
    return this.#own.has(name);
  }

  get now(): boolean {
    if (this.always) return true;
    for (const [name, own] of this.#own) {
      if (this.#target.listenerCount(name as string) > own) return true;
    }
    return false;
  }
}
