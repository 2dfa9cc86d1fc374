/**
 * So many bytes may be written in one turn of the event loop before the sender is asked to wait for the next. A kernel
 * that takes all at once, from a peer that reads as fast, would otherwise keep a loop going that does wait when it is
 * asked to: nothing else of the process would get its turn, and what comes in would not be answered.
 */
const BYTES_PER_TURN = 128 * 1024;

/** What is left of one turn's bytes. */
export class TurnBudget {
  readonly #onNextTurn: () => void;
  #bytes = 0;
  #renewing = false;

  /** @param onNextTurn a turn has begun, and the budget is whole again. */
  constructor(onNextTurn: () => void) {
    this.#onNextTurn = onNextTurn;
  }

  get spent(): boolean {
    return this.#bytes >= BYTES_PER_TURN;
  }

  spend(bytes: number): void {
    this.#bytes += bytes;
    // Half-way, so that whoever writes now and then gets a new turn's worth long before it is spent.
    if (this.#renewing || this.#bytes < BYTES_PER_TURN / 2) return;
    this.#renewing = true;
    setImmediate(renew, this);
  }

  /** @internal */
  renew(): void {
    this.#renewing = false;
    this.#bytes = 0;
    this.#onNextTurn();
  }
}

function renew(budget: TurnBudget): void {
  budget.renew();
}
