/**
 * How many writes may follow one another before the event loop gets its turn. A kernel that takes everything at once
 * calls back on the same turn, so a peer that keeps up would otherwise starve timers and reading. 16 batches: 1 MiB.
 */
export const WRITES_PER_TURN = 16;

/**
 * When a batch leaves. Writing is not flushing: what is sent in one tick leaves in one write, and what is sent while a
 * write is under way joins the next. The first message of an idle channel waits for no timer.
 *
 * ```
 * state      | pushed, not full | pushed, full | end of tick | taken, more | taken, no more | next turn
 * idle       | → scheduled      | → writing    |             |             |                |
 * scheduled  |                  | → writing    | → writing   |             |                |
 * writing    |                  |              |             | → writing   | → idle         |
 * yielding   |                  |              |             |             |                | → writing
 * ```
 * Each way to `writing` leads to `yielding` instead once the turn has had its writes.
 */
export class FlushPolicy {
  readonly #write: () => void;
  #state: 'idle' | 'scheduled' | 'writing' | 'yielding' = 'idle';
  #writesThisTurn = 0;

  /** @param write takes the next batch and writes it; answered by one call of `taken`. */
  constructor(write: () => void) {
    this.#write = write;
  }

  /** Something was queued. `full`: a whole batch stands ready. */
  pushed(full: boolean): void {
    if (this.#state === 'writing' || this.#state === 'yielding') return;
    if (full) {
      this.#flush();
    } else if (this.#state === 'idle') {
      this.#state = 'scheduled';
      // Not a microtask: a loop with `await` in it runs on microtasks alone, and its sends belong into one write.
      process.nextTick(endOfTick, this);
    }
  }

  /** The batch under way was taken. `more`: something is queued. */
  taken(more: boolean): void {
    if (more) this.#flush();
    else this.#state = 'idle';
  }

  /** @internal */
  endOfTick(): void {
    if (this.#state === 'scheduled') this.#flush();
  }

  /** @internal */
  nextTurn(): void {
    this.#writesThisTurn = 0;
    if (this.#state === 'yielding') this.#flush();
  }

  #flush(): void {
    if (this.#writesThisTurn === WRITES_PER_TURN) {
      this.#state = 'yielding';
      return;
    }
    this.#writesThisTurn += 1;
    // Half-way, so that whoever writes now and then gets a new turn's worth long before the last.
    if (this.#writesThisTurn === WRITES_PER_TURN / 2) setImmediate(nextTurn, this);
    this.#state = 'writing';
    this.#write();
  }
}

function endOfTick(policy: FlushPolicy): void {
  policy.endOfTick();
}

function nextTurn(policy: FlushPolicy): void {
  policy.nextTurn();
}
