import type { Subscriber, Unsubscribable } from '../rx.js';
import type { Transport } from '../transport/transport.js';
import { type Breaking, type Fault, nextFault, piecesOf, turns } from './faults.js';

/** @internal The way in of a faulty transport: one thing after the other, and none of it while paused. */
export class FaultyReading {
  readonly #inner: Transport;
  readonly #faults: Iterator<Fault>;
  readonly #onBreak: (fault: Breaking) => void;
  readonly #arrived: (() => Promise<void>)[] = [];
  #source: Unsubscribable | undefined;
  #busy = false;
  #paused = false;
  #stopped = false;
  #onResume = () => {};

  constructor(inner: Transport, faults: Iterable<Fault>, onBreak: (fault: Breaking) => void) {
    this.#inner = inner;
    this.#faults = faults[Symbol.iterator]();
    this.#onBreak = onBreak;
  }

  start(subscriber: Subscriber<Uint8Array>): void {
    this.#source = this.#inner.bytes$.subscribe({
      next: chunk => {
        const fault = nextFault(this.#faults);
        const bytes = Uint8Array.from(chunk); // its memory may be used again before this is given on
        this.#arrive(() => this.#readWith(fault, bytes, subscriber));
      },
      error: error => this.#arrive(async () => subscriber.error(error)),
      complete: () => this.#arrive(async () => subscriber.complete()),
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#source?.unsubscribe();
    this.#arrived.length = 0;
  }

  pause(): void {
    this.#paused = true;
    this.#inner.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#onResume();
    if (!this.#busy) this.#inner.resume();
  }

  #arrive(deliver: () => Promise<void>): void {
    this.#arrived.push(deliver);
    if (!this.#busy) void this.#deliverAll();
  }

  /** While something is on its way, the inner transport rests. */
  async #deliverAll(): Promise<void> {
    this.#busy = true;
    this.#inner.pause();
    for (let deliver = this.#arrived.shift(); deliver !== undefined; deliver = this.#arrived.shift()) {
      await deliver();
    }
    this.#busy = false;
    if (!this.#paused && !this.#stopped) this.#inner.resume();
  }

  async #readWith(fault: Fault, bytes: Uint8Array, subscriber: Subscriber<Uint8Array>): Promise<void> {
    if (fault.kind === 'stall') await new Promise(() => {});
    if (fault.kind === 'delay') await turns(fault.turns);
    const breaks = fault.kind === 'error' || fault.kind === 'close';
    const whole = breaks ? bytes.subarray(0, fault.bytes ?? 0) : bytes;
    for (const piece of piecesOf(whole, fault.kind === 'cut' ? fault.bytes : whole.length)) {
      await this.#flowing();
      subscriber.next(piece);
      if (fault.kind === 'cut') await turns(1);
    }
    if (breaks) this.#onBreak(fault);
  }

  async #flowing(): Promise<void> {
    while (this.#paused) {
      await new Promise<void>(resolve => {
        this.#onResume = resolve;
      });
    }
  }
}
