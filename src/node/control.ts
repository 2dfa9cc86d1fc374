import { EventEmitter } from 'node:events';

/** What a {@link Control} steers. */
export interface Referable {
  ref(): unknown;
  unref(): unknown;
}

/**
 * `process.channel` and `child.channel`: whether the channel keeps the event loop alive.
 *
 * A child counts: its channel holds the loop while somebody listens to 'message' or 'disconnect'. An explicit `ref()` or
 * `unref()` ends the counting (nodejs.org/api/process.html#processchannelref).
 */
export class Control extends EventEmitter {
  readonly #channel: Referable;
  readonly #fd: () => number;
  #count = 0;
  #explicit = false;

  constructor(channel: Referable, fd: () => number) {
    super();
    this.#channel = channel;
    this.#fd = fd;
  }

  /** The descriptor of the channel, -1 once it is closed. */
  get fd(): number {
    return this.#fd();
  }

  ref(): void {
    this.#explicit = true;
    this.#channel.ref();
  }

  unref(): void {
    this.#explicit = true;
    this.#channel.unref();
  }

  /** One more reason to stay alive. */
  refCounted(): void {
    this.#count += 1;
    if (this.#count === 1 && !this.#explicit) this.#channel.ref();
  }

  /** One reason less. */
  unrefCounted(): void {
    this.#count -= 1;
    if (this.#count === 0 && !this.#explicit) this.#channel.unref();
  }
}
