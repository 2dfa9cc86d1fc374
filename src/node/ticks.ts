/**
 * Hands values on, one tick each, as Node does with messages: a listener that throws stops neither the next value nor
 * the reader. Values that come together get their ticks one behind another; the ticks and promises of a listener come
 * after them.
 */
export class Ticks<T> {
  readonly #emit: (value: T) => void;
  readonly #wanted: () => boolean;
  #values: T[] = [];
  #at = 0;
  #scheduled = 0;

  /** @param wanted whether anybody would take a value now; if not, it waits for the next `wake`. */
  constructor(emit: (value: T) => void, wanted: () => boolean) {
    this.#emit = emit;
    this.#wanted = wanted;
  }

  push(value: T): void {
    this.#values.push(value);
    this.#schedule();
  }

  /** A tick for each value that waits. */
  wake(): void {
    for (let waiting = this.#left - this.#scheduled; waiting > 0; waiting -= 1) this.#schedule();
  }

  /** Calls back, on a later tick, once nothing is left that anybody wants. */
  whenResting(callback: () => void): void {
    process.nextTick(() => {
      if (this.#scheduled > 0) this.whenResting(callback);
      else callback();
    });
  }

  /** @internal */
  step(): void {
    this.#scheduled -= 1;
    if (this.#left === 0 || !this.#wanted()) return;
    const value = this.#values[this.#at] as T;
    this.#at += 1;
    if (this.#left === 0) {
      this.#values = [];
      this.#at = 0;
    }
    this.#emit(value);
  }

  get #left(): number {
    return this.#values.length - this.#at;
  }

  #schedule(): void {
    this.#scheduled += 1;
    process.nextTick(step, this);
  }
}

function step(ticks: Ticks<unknown>): void {
  ticks.step();
}
