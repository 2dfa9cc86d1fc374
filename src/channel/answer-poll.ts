import { availableParallelism } from 'node:os';
import { pollWhile } from './busy-poll.js';

/** What sleeping and being woken costs a processor, roughly: to look for an answer no longer than that costs no more. */
const SOON_MS = 0.05;

/** How long an answer is looked for at first: long enough for a peer that sleeps, is woken, and answers. */
const FIRST_PATIENCE_MS = 0.15;

/** And how long once they come soon: through most pauses of a peer that collects garbage, so that not both fall asleep. */
const PATIENCE_MS = 1;

/** So many answers that did not come soon end the looking. */
const TRIES = 4;

/** From then to the next try, in messages. */
const SHORTEST_PAUSE = 4;
const LONGEST_PAUSE = 256;

/**
 * Whether the event loop looks for the answer to a message instead of sleeping until it is woken. Learnt from how soon
 * answers come: it is worth it between two sides that wait for one another, and between those only.
 *
 * ```
 * state    | a message left by itself     | something came in soon     | later, or not before the next message left
 * pausing  | → trying, after so many      |                            |
 * trying   | looks until something came   | one more try, at most four | one try less; none left: → pausing, for
 *          | in or its patience has ended | more patience              | twice as many messages as the last time
 * ```
 */
export class AnswerPoll {
  readonly #poll: typeof pollWhile;
  readonly #now: () => number;
  readonly #waiting = () => this.#since !== undefined && this.#now() - this.#since < this.#patienceMs;
  #tries = TRIES;
  #skip = SHORTEST_PAUSE;
  #pause = SHORTEST_PAUSE;
  #patienceMs = FIRST_PATIENCE_MS;
  #since: number | undefined;

  constructor(poll = pollWhile, now = () => performance.now()) {
    this.#poll = poll;
    this.#now = now;
  }

  /** A message has left, by itself. */
  left(): void {
    if (this.#since !== undefined) this.#late();
    if (this.#skip > 0) {
      this.#skip -= 1;
    } else {
      this.#since = this.#now();
      this.#poll(this.#waiting);
    }
  }

  /** Something came in. */
  arrived(): void {
    if (this.#since === undefined) return;
    if (this.#now() - this.#since <= SOON_MS) this.#soon();
    else this.#late();
  }

  /** Nothing is waited for any more. */
  end(): void {
    this.#since = undefined;
    this.#skip = Number.POSITIVE_INFINITY;
  }

  #soon(): void {
    this.#since = undefined;
    this.#tries = Math.min(TRIES, this.#tries + 1);
    this.#pause = SHORTEST_PAUSE;
    this.#patienceMs = Math.min(PATIENCE_MS, this.#patienceMs * 2);
  }

  #late(): void {
    this.#since = undefined;
    this.#patienceMs = FIRST_PATIENCE_MS;
    this.#tries -= 1;
    if (this.#tries > 0) return;
    this.#tries = TRIES;
    this.#skip = this.#pause;
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
  }
}

/** On a single processor the peer can only answer while this side sleeps. */
export function answersWhilePolled(): boolean {
  return availableParallelism() > 1;
}
