import type { Arrival } from './arrival.js';
import type { Batch, Consumer, IntakeListener } from './consumer.js';

/** Received messages that wait for a consumer may weigh this much, in bytes of input; then reading rests. */
export const INTAKE_HIGH_WATER_BYTES = 64 * 1024;

/** What one message weighs beyond its bytes, so that a flood of `1`s, each on a read of its own, is not thousands of batches. */
export const MESSAGE_CHARGE_BYTES = 32;

/**
 * Where received messages meet whoever wants them, and the only place that decides whether to read on.
 *
 * Consumers share one position: a message goes to all who are there, and with nobody there it stays. So a subscriber
 * that takes one message and leaves costs the next one nothing.
 */
export class Intake<In> {
  readonly #listener: IntakeListener;
  #waiting: Batch<In>[] = [];
  #waitingBytes = 0;
  #unweighed = 0; // bytes of a message that is not whole yet
  #at = 0; // how much of #waiting[0] has been delivered
  // Replaced, never changed: a delivery may go on over the old ones while consumers come and go.
  #consumers: readonly Consumer<In>[] = [];
  #batchConsumers: readonly Consumer<readonly In[]>[] = [];
  #holds = 0;
  #reading = true;
  #wanted = false;
  #delivering = false;
  #scheduled = false;
  #ended = false;
  #discarding = false;
  #aborted = false;
  #unbounded = false;

  /** What the message being delivered weighs. */
  weight = 0;

  /** How many consumers there have ever been. */
  joined = 0;

  /** The handle that came with the message being delivered. */
  arrival: Arrival | undefined;

  constructor(listener: IntakeListener) {
    this.#listener = listener;
  }

  /** Messages of one chunk, in order. A message weighs all the chunks that it came in, not the last one only. */
  push(messages: readonly In[], bytes: number, arrival?: Arrival): void {
    this.#unweighed += bytes;
    if (messages.length > 0) {
      const weight = this.#unweighed + messages.length * MESSAGE_CHARGE_BYTES;
      this.#unweighed = 0;
      if (this.#anyone || !this.#discarding) this.#keep({ messages, bytes: weight, arrival });
      else arrival?.settle();
    }
    this.#regulate();
  }

  #keep(batch: Batch<In>): void {
    if (this.#waiting.length === 0) this.#waiting = [batch];
    else this.#waiting.push(batch);
    this.#waitingBytes += batch.bytes;
    this.#deliver();
  }

  /** Nothing more will come. Consumers complete once they have what waits. */
  end(): void {
    this.#ended = true;
    this.#deliver();
  }

  /** Drops what waits, and ends. */
  abort(): void {
    this.#aborted = true;
    for (const { arrival } of this.#waiting.splice(0)) arrival?.settle();
    this.#at = 0;
    this.end();
  }

  /** From now on what nobody takes is dropped, so that a channel that is closing reaches the peer's end. */
  discardUnwanted(): void {
    this.#discarding = true;
    this.#regulate();
  }

  /** From now on everything is read and kept, for there is an end to it. */
  readToEnd(): void {
    this.#unbounded = true;
    this.#regulate();
  }

  /** A consumer has as much as it can keep: reading rests until each hold is released. */
  hold(): void {
    this.#holds += 1;
    this.#regulate();
  }

  release(): void {
    this.#holds -= 1;
    this.#regulate();
  }

  /** One of the messages behind a hold was used. */
  consumed(): void {
    this.#listener.onConsumed();
  }

  add(consumer: Consumer<In>): void {
    if (this.#finished) {
      consumer.complete();
      return;
    }
    this.#consumers = [...this.#consumers, consumer];
    this.#onJoined();
  }

  /** @param unread what this consumer took and did not use, of that weight; waits for the next one if this was the last. */
  remove(consumer: Consumer<In>, unread: readonly In[] = [], weight = 0): void {
    // Who has been told of the end may still have what it did not use.
    if (!this.#consumers.includes(consumer) && (unread.length === 0 || this.#aborted)) return;
    this.#consumers = this.#consumers.filter(other => other !== consumer);
    if (unread.length > 0 && !this.#anyone) this.#putBack(unread, weight);
    this.#tellConsumers();
  }

  addOfBatches(consumer: Consumer<readonly In[]>): void {
    if (this.#finished) {
      consumer.complete();
      return;
    }
    this.#batchConsumers = [...this.#batchConsumers, consumer];
    this.#onJoined();
  }

  removeOfBatches(consumer: Consumer<readonly In[]>): void {
    this.#batchConsumers = this.#batchConsumers.filter(other => other !== consumer);
    this.#tellConsumers();
  }

  get #anyone(): boolean {
    return this.#consumers.length > 0 || this.#batchConsumers.length > 0;
  }

  get #finished(): boolean {
    return this.#ended && this.#waiting.length === 0;
  }

  #onJoined(): void {
    this.joined += 1;
    this.#tellConsumers();
    if (this.#waiting.length === 0 || this.#scheduled || this.#delivering) return;
    // Not at once: whoever subscribes in the same tick gets what waits, too.
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.#deliver();
      this.#regulate();
    });
  }

  #tellConsumers(): void {
    if (this.#wanted === this.#anyone) return;
    this.#wanted = this.#anyone;
    this.#listener.onConsumers(this.#wanted);
  }

  #putBack(unread: readonly In[], bytes: number): void {
    const first = this.#waiting[0];
    if (first !== undefined) {
      this.#waiting[0] = { ...first, messages: first.messages.slice(this.#at) };
      this.#at = 0;
    }
    this.#waiting.unshift({ messages: unread, bytes });
    this.#waitingBytes += bytes;
    this.#regulate();
  }

  #deliver(): void {
    if (this.#delivering) return; // a consumer's own doing: the loop below goes on with it
    this.#delivering = true;
    while (this.#anyone) {
      const batch = this.#waiting[0];
      if (batch === undefined) break;
      this.#deliverBatch(batch);
    }
    this.#delivering = false;
    if (this.#finished) this.#complete();
  }

  #deliverBatch(batch: Batch<In>): void {
    const { messages, bytes, arrival } = batch;
    this.arrival = arrival;
    this.weight = bytes / messages.length;
    const whole = this.#batchConsumers;
    if (whole.length > 0) {
      const rest = this.#at === 0 ? messages : messages.slice(this.#at);
      for (const consumer of whole) consumer.next(rest);
    }
    let at = this.#at;
    while (at < messages.length && this.#consumers.length > 0) {
      const message = messages[at] as In;
      at += 1;
      this.#at = at;
      const all = this.#consumers;
      if (all.length === 1) all[0]?.next(message);
      else this.#giveToEach(all, message);
      if (this.#waiting[0] !== batch) {
        arrival?.settle();
        return; // a consumer aborted, or put something back
      }
    }
    if (at < messages.length && whole.length === 0) return; // all left: the rest waits
    arrival?.settle();
    this.#waiting.shift();
    this.#waitingBytes -= bytes;
    this.#at = 0;
  }

  #giveToEach(all: readonly Consumer<In>[], message: In): void {
    for (const consumer of all) {
      // One may have sent another away.
      if (all === this.#consumers || this.#consumers.includes(consumer)) consumer.next(message);
    }
  }

  #complete(): void {
    const all = [...this.#consumers, ...this.#batchConsumers];
    this.#consumers = [];
    this.#batchConsumers = [];
    for (const consumer of all) consumer.complete();
    this.#tellConsumers();
  }

  #regulate(): void {
    if (this.#ended) return;
    const full = this.#waitingBytes >= INTAKE_HIGH_WATER_BYTES && !(this.#discarding && !this.#anyone);
    const reading = this.#unbounded || (this.#holds === 0 && !full);
    if (reading && this.#reading) return;
    this.#reading = reading;
    this.#listener.onDemand(reading);
  }
}
