import { TurnBudget } from './turn-budget.js';

/**
 * How many writes may follow one another before the event loop gets its turn: 256 batches, 16 MiB. A kernel that takes
 * everything at once says so on the same turn, and a long queue would be written without end.
 */
export const WRITES_PER_TURN = 256;

/** How many messages of a tick leave by themselves, at once, if that is wanted: a program that sends few may wait for an answer. */
export const PROMPT_WRITES = 4;

/** What became of a write: it is under way, or it was taken and there is more, or nothing more, to write. */
export type Written = 'under way' | 'more' | 'nothing';

/**
 * When a batch leaves. Writing is not flushing: what is sent in one tick leaves in one write, and what is sent while a
 * write is under way joins the next. The first message of an idle channel waits for no timer; the first few of one that is
 * prompt, not even for the end of the tick.
 *
 * ```
 * state      | pushed, not full | pushed, full | end of tick | taken, more | taken, no more | next turn
 * idle       | → scheduled *    | → writing    |             |             |                |
 * scheduled  |                  | → writing    | → writing   |             |                |
 * writing    |                  | retry        |             | → writing   | → idle         |
 * yielding   |                  | → writing    |             |             |                | → writing
 * ```
 * *: → writing, the first few times in a tick, if it is prompt.
 *
 * Each way to `writing` leads to `yielding` instead once the turn has had its writes, but for that of a push which finds a
 * whole batch ready: who pushes holds the loop himself, and what he pushes beyond would reach the peer only when he is
 * done, with one side resting while the other works. Each such push tries, not only the one that makes a batch whole: the
 * sooner the kernel gets what it has room for, the less the peer rests. A write that is taken at once is followed by the
 * next, or by `idle`.
 */
export class FlushPolicy {
  readonly #writeNext: () => Written;
  readonly #retry: () => Written;
  readonly #turn = new TurnBudget(WRITES_PER_TURN, () => this.#nextTurn());
  readonly #prompt: boolean;
  #promptWrites = 0; // in this tick
  #state: 'idle' | 'scheduled' | 'writing' | 'yielding' = 'idle';

  /**
   * @param writeNext takes the next batch and writes it; one that is under way is answered by one call of `taken`.
   * @param retry tries the batch under way once more; if it is taken now, `taken` is not called for it.
   * @param prompt whether the first few of a tick leave at once, for a caller who may hold the loop behind them.
   */
  constructor(writeNext: () => Written, retry: () => Written = () => 'under way', prompt = false) {
    this.#writeNext = writeNext;
    this.#retry = retry;
    this.#prompt = prompt;
  }

  /** Something was queued. `full`: a whole batch stands ready. */
  pushed(full: boolean): void {
    if (full) {
      const written = this.#state === 'writing' ? this.#retry() : 'more';
      if (written === 'more') this.#write();
      else this.#after(written);
    } else if (this.#state === 'idle') {
      this.#state = 'scheduled';
      // Not a microtask: a loop with `await` in it runs on microtasks alone, and its sends belong into one write.
      if (this.#promptWrites === 0) process.nextTick(endOfTick, this);
      if (this.#prompt && this.#promptWrites < PROMPT_WRITES) {
        this.#promptWrites += 1;
        this.#writeInTurn();
      }
    }
  }

  /** The batch under way was taken. `more`: something is queued. */
  taken(more: boolean): void {
    if (more) this.#writeInTurn();
    else this.#after('nothing');
  }

  /** @internal */
  endOfTick(): void {
    this.#promptWrites = 0;
    if (this.#state === 'scheduled') this.#writeInTurn();
  }

  #nextTurn(): void {
    if (this.#state === 'yielding') this.#writeInTurn();
  }

  #writeInTurn(): void {
    if (this.#turn.spent) this.#after('more');
    else this.#write();
  }

  /** Writes one batch, and those behind it as long as the turn has writes left. */
  #write(): void {
    let written: Written;
    do {
      this.#turn.spend(1);
      this.#state = 'writing';
      written = this.#writeNext();
    } while (written === 'more' && !this.#turn.spent);
    this.#after(written);
  }

  #after(written: Written): void {
    if (written === 'more') this.#state = 'yielding';
    else if (written === 'nothing') this.#state = 'idle';
  }
}

function endOfTick(policy: FlushPolicy): void {
  policy.endOfTick();
}
