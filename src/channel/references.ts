import { busyPoll, busyPollFor } from './busy-poll.js';
import type { Link } from './link.js';

/** Who keeps the event loop alive: the link always, or only while somebody consumes messages (a child's channel). */
export type KeepAlive = 'always' | 'while consumed';

type Countable = Pick<Link<never, unknown>, 'ref' | 'unref'>;

/** Whether an open link keeps the event loop alive. What the program itself says ends the counting of consumers. */
export class References {
  readonly #link: Countable;
  #polls: boolean | number;
  #counting: boolean;
  #alive = true;
  #stopPolling: (() => void) | undefined;

  /**
   * @param polls whether the event loop is not to sleep while it is kept alive; a number: for so many microseconds after
   * something moved.
   */
  constructor(link: Countable, keepAlive: KeepAlive, polls: boolean | number) {
    this.#link = link;
    this.#polls = polls;
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

  /** Something came in, or was handed on. */
  moved(): void {
    if (this.#alive && typeof this.#polls === 'number') busyPollFor(this.#polls);
  }

  /** The link is gone. */
  end(): void {
    this.#counting = false;
    this.#polls = false;
    this.#poll(false);
  }

  #set(alive: boolean): void {
    if (alive) this.#link.ref();
    else this.#link.unref();
    this.#poll(alive);
  }

  #poll(alive: boolean): void {
    this.#alive = alive;
    if (alive && this.#polls === true) {
      this.#stopPolling ??= busyPoll();
    } else {
      this.#stopPolling?.();
      this.#stopPolling = undefined;
    }
  }
}
