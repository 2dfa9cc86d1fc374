/**
 * So many bytes may be written, or read, in one turn of the event loop before the next. A kernel that takes all at once,
 * from a peer that reads as fast, would otherwise keep a loop going that does wait when it is asked to: nothing else of the
 * process would get its turn, and what comes in would not be answered.
 */
export const BYTES_PER_TURN = 128 * 1024;

/** What may be spent in one turn of the event loop. */
export class TurnBudget {
  readonly #limit: number;
  readonly #onNextTurn: () => void;
  #spent = 0;
  #renewing = false;

  /** @param onNextTurn a turn has begun, and the budget is whole again. */
  constructor(limit: number, onNextTurn: () => void) {
    this.#limit = limit;
    this.#onNextTurn = onNextTurn;
  }

  get spent(): boolean {
    return this.#spent >= this.#limit;
  }

  spend(amount: number): void {
    this.#spent += amount;
    // Half-way, so that whoever spends now and then gets a new turn's worth long before it is spent.
    if (this.#renewing || this.#spent < this.#limit / 2) return;
    this.#renewing = true;
    setImmediate(renew, this);
  }

  /** @internal */
  renew(): void {
    this.#renewing = false;
    this.#spent = 0;
    this.#onNextTurn();
  }
}

function renew(budget: TurnBudget): void {
  budget.renew();
}
