/**
 * Hands messages to a listener one tick each, so that a listener that throws stops neither the next message nor the
 * reader, and a promise awaited after one message goes on before the next.
 */
export class Ticks<T> {
  readonly #emit: (value: T) => void;
  readonly #wanted: () => boolean;
  #values: T[] = [];
  #at = 0;
  #scheduled = false;

  /** @param wanted whether anybody would take a value now; if not, the rest waits for the next `wake`. */
  constructor(emit: (value: T) => void, wanted: () => boolean) {
    this.#emit = emit;
    this.#wanted = wanted;
  }

  get empty(): boolean {
    return this.#at === this.#values.length;
  }

  push(value: T): void {
    this.#values.push(value);
    this.wake();
  }

  /** Goes on, on the next tick, if somebody wants it. */
  wake(): void {
    if (this.#scheduled || this.empty || !this.#wanted()) return;
    this.#scheduled = true;
    process.nextTick(step, this);
  }

  /** Calls back, on a later tick, once nothing is left that anybody wants. */
  whenResting(callback: () => void): void {
    process.nextTick(() => {
      if (this.#scheduled) this.whenResting(callback);
      else callback();
    });
  }

  /** @internal */
  step(): void {
    this.#scheduled = false;
    if (this.empty || !this.#wanted()) return;
    const value = this.#values[this.#at] as T;
    this.#at += 1;
    if (this.empty) {
      this.#values = [];
      this.#at = 0;
    }
    this.wake(); // before the listener runs: it may throw
    this.#emit(value);
  }
}

function step(ticks: Ticks<unknown>): void {
  ticks.step();
}
