import { availableParallelism } from 'node:os';
import { pollWhile } from './busy-poll.js';

/** What sleeping and being woken costs two processors, on a slow machine: to look for an answer for so long costs no more. */
const SOON_MS = 0.15;

/** How long an answer is looked for at first: long enough for a peer that sleeps, is woken, and answers. */
const FIRST_PATIENCE_MS = 0.6;

/**
 * And how long once they come soon: through the garbage collection of a peer, and through what the system gives another
 * process meanwhile, so that not both fall asleep.
 */
const PATIENCE_MS = 2;

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
 * trying   | looks until something came * | one more try, at most four | one try and patience less; no try left:
 *          | in or its patience has ended | more patience              | → pausing, twice as long as the last time
 * ```
 * *: not if nothing has come in for a while. Who asks now and then wakes a peer that sleeps, and gains little by not sleeping
 * itself.
 */
export class AnswerPoll {
  readonly #look: () => void;
  readonly #now: () => number;
  #tries = TRIES;
  #skip = SHORTEST_PAUSE;
  #pause = SHORTEST_PAUSE;
  #patienceMs = FIRST_PATIENCE_MS;
  #since: number | undefined;
  #arrivedAt = Number.NEGATIVE_INFINITY;

  constructor(poll = pollWhile, now = () => performance.now()) {
    this.#now = now;
    this.#look = poll(() => this.#since !== undefined && now() - this.#since < this.#patienceMs);
  }

  /** A message has left, by itself. */
  left(): void {
    if (this.#since !== undefined) this.#late();
    if (this.#skip > 0) {
      this.#skip -= 1;
      return;
    }
    const now = this.#now();
    if (now - this.#arrivedAt > SOON_MS) return;
    this.#since = now;
    this.#look();
  }

  /** Something came in. */
  arrived(): void {
    const now = this.#now();
    this.#arrivedAt = now;
    if (this.#since === undefined) return;
    if (now - this.#since <= SOON_MS) this.#soon();
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
    this.#patienceMs = Math.max(FIRST_PATIENCE_MS, this.#patienceMs / 2);
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
