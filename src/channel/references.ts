import type { Link } from './link.js';

/** Who keeps the event loop alive: the link always, or only while somebody consumes messages (a child's channel). */
export type KeepAlive = 'always' | 'while consumed';

/** Whether an open link keeps the event loop alive. What the program itself says ends the counting of consumers. */
export class References {
  readonly #link: Pick<Link<never, unknown>, 'ref' | 'unref'>;
  #counting: boolean;

  constructor(link: Pick<Link<never, unknown>, 'ref' | 'unref'>, keepAlive: KeepAlive) {
    this.#link = link;
    this.#counting = keepAlive === 'while consumed';
    if (this.#counting) link.unref();
  }

  ref(): void {
    this.#counting = false;
    this.#link.ref();
  }

  unref(): void {
    this.#counting = false;
    this.#link.unref();
  }

  /** The first consumer came, or the last one left. */
  consumed(any: boolean): void {
    if (!this.#counting) return;
    if (any) this.#link.ref();
    else this.#link.unref();
  }
}
