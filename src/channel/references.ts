import { AnswerPoll, answersWhilePolled } from './answer-poll.js';
import { pollWhile } from './busy-poll.js';
import type { Link } from './link.js';

/** Who keeps the event loop alive: the link always, or only while somebody consumes messages (a child's channel). */
export type KeepAlive = 'always' | 'while consumed';

/** How the event loop waits for messages, as in the channel's option `busyPoll`. */
export type Polling = boolean | number | 'adaptive';

type Countable = Pick<Link<never, unknown>, 'ref' | 'unref'>;

/** Whether an open link keeps the event loop alive. What the program itself says ends the counting of consumers. */
export class References {
  readonly #link: Countable;
  #polls: Polling;
  readonly #answers: AnswerPoll | undefined;
  readonly #keepTurning = pollWhile(
    () => this.#alive && (this.#polls === true || performance.now() < this.#until),
  );
  #counting: boolean;
  #alive = true;
  #until = 0;

  /**
   * @param polls whether the event loop is not to sleep while it is kept alive; a number: for so many microseconds after
   * something moved; 'adaptive': while an answer is likely to come soon.
   */
  constructor(link: Countable, keepAlive: KeepAlive, polls: Polling) {
    this.#link = link;
    this.#polls = polls;
    if (polls === 'adaptive' && answersWhilePolled()) this.#answers = new AnswerPoll();
    this.#counting = keepAlive === 'while consumed';
    if (this.#counting) this.#set(false);
    else this.#poll(true);
  }

  ref(): void {
    this.#counting = false;
    this.#set(true);
  }

  unref(): void {
    this.#counting = false;
    this.#set(false);
  }

  /** The first consumer came, or the last one left. */
  consumed(any: boolean): void {
    if (this.#counting) this.#set(any);
  }

  /** Something came in. */
  arrived(): void {
    this.#answers?.arrived();
    this.#moved();
  }

  /** So many messages were handed on at once. */
  left(messages: number): void {
    if (messages === 1 && this.#alive) this.#answers?.left();
    this.#moved();
  }

  /** The link is gone. */
  end(): void {
    this.#counting = false;
    this.#polls = false;
    this.#until = 0;
    this.#answers?.end();
  }

  #moved(): void {
    if (typeof this.#polls !== 'number') return;
    this.#until = performance.now() + this.#polls / 1000;
    this.#keepTurning();
  }

  #set(alive: boolean): void {
    if (alive) this.#link.ref();
    else this.#link.unref();
    this.#poll(alive);
  }

  #poll(alive: boolean): void {
    this.#alive = alive;
    if (alive && this.#polls === true) this.#keepTurning();
  }
}
