import { TurnBudget } from './turn-budget.js';

/**
 * How many writes may follow one another before the event loop gets its turn: 256 batches, 16 MiB. A kernel that takes
 * everything at once says so on the same turn, and a loop that sends while `send` returns true would never end. Not fewer:
 * what a loop that does not wait sends beyond this, the peer gets only after the loop.
 */
export const WRITES_PER_TURN = 256;

/** What became of a write: it is under way, or it was taken and there is more, or nothing more, to write. */
export type Written = 'under way' | 'more' | 'nothing';

/**
 * When a batch leaves. Writing is not flushing: what is sent in one tick leaves in one write, and what is sent while a
 * write is under way joins the next. The first message of an idle channel waits for no timer.
 *
 * ```
 * state      | pushed, not full | pushed, full | end of tick | taken, more | taken, no more | next turn
 * idle       | → scheduled      | → writing    |             |             |                |
 * scheduled  |                  | → writing    | → writing   |             |                |
 * writing    |                  | retry        |             | → writing   | → idle         |
 * yielding   |                  |              |             |             |                | → writing
 * ```
 * Each way to `writing` leads to `yielding` instead once the turn has had its writes. A write that is taken at once is
 * followed by the next, or by `idle`.
 */
export class FlushPolicy {
  readonly #write: () => Written;
  readonly #retry: () => Written;
  readonly #turn = new TurnBudget(WRITES_PER_TURN, () => this.#nextTurn());
  #state: 'idle' | 'scheduled' | 'writing' | 'yielding' = 'idle';

  /**
   * @param write takes the next batch and writes it; one that is under way is answered by one call of `taken`.
   * @param retry tries the batch under way once more; if it is taken now, `taken` is not called for it.
   */
  constructor(write: () => Written, retry: () => Written = () => 'under way') {
    this.#write = write;
    this.#retry = retry;
  }

  /** Something was queued. `full`: a whole batch stands ready. */
  pushed(full: boolean): void {
    if (this.#state === 'yielding') return;
    if (this.#state === 'writing') {
      if (full) this.#goOn(this.#retry());
    } else if (full) {
      this.#flush();
    } else if (this.#state === 'idle') {
      this.#state = 'scheduled';
      // Not a microtask: a loop with `await` in it runs on microtasks alone, and its sends belong into one write.
      process.nextTick(endOfTick, this);
    }
  }

  /** The batch under way was taken. `more`: something is queued. */
  taken(more: boolean): void {
    this.#goOn(more ? 'more' : 'nothing');
  }

  /** @internal */
  endOfTick(): void {
    if (this.#state === 'scheduled') this.#flush();
  }

  #nextTurn(): void {
    if (this.#state === 'yielding') this.#flush();
  }

  #goOn(written: Written): void {
    if (written === 'more') this.#flush();
    else if (written === 'nothing') this.#state = 'idle';
  }

  #flush(): void {
    let written: Written = 'more';
    while (written === 'more') {
      if (this.#turn.spent) {
        this.#state = 'yielding';
        return;
      }
      this.#turn.spend(1);
      this.#state = 'writing';
      written = this.#write();
    }
    this.#goOn(written);
  }
}

function endOfTick(policy: FlushPolicy): void {
  policy.endOfTick();
}
