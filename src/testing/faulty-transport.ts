import { Observable, type Subscriber } from '../rx.js';
import type { Taken, Transport } from '../transport/transport.js';
import type { Breaking, FaultScript } from './faults.js';
import { FaultyReading } from './faulty-reading.js';
import { FaultyWriting } from './faulty-writing.js';

/**
 * Another transport with faults put in by a script: cuts, delays, stalls, errors, closes. What the faults leave goes
 * through in order, and `taken` is called exactly once for each write, as with any transport.
 *
 * No timers: delays are turns of the event loop. What is queued when the process exits is not drained.
 *
 * @example
 * const [left, right] = memoryTransports();
 * const random = seededRandom(42);
 * const a = open(faultyTransport(left, { reads: randomFaults(random), writes: randomFaults(random) }));
 * const b = open(right);
 */
export function faultyTransport(transport: Transport, script: FaultScript): Transport {
  return new FaultyTransport(transport, script);
}

/** The wiring of two directions, which break and end together. */
class FaultyTransport implements Transport {
  readonly bytes$ = new Observable<Uint8Array>(subscriber => this.#subscribe(subscriber));
  readonly #inner: Transport;
  readonly #reading: FaultyReading;
  readonly #writing: FaultyWriting;
  #subscriber: Subscriber<Uint8Array> | undefined;

  constructor(inner: Transport, { reads = [], writes = [] }: FaultScript) {
    const onBreak = (fault: Breaking) => this.#break(fault);
    this.#inner = inner;
    this.#reading = new FaultyReading(inner, reads, onBreak);
    this.#writing = new FaultyWriting(inner, writes, onBreak);
  }

  write(batch: string | Uint8Array, taken: Taken): boolean {
    return this.#writing.write(batch, taken);
  }

  pause(): void {
    this.#reading.pause();
  }

  resume(): void {
    this.#reading.resume();
  }

  ref(): void {
    this.#inner.ref();
  }

  unref(): void {
    this.#inner.unref();
  }

  end(): void {
    this.#inner.end();
  }

  destroy(reason?: Error): void {
    this.#takeDown();
    this.#over(reason);
  }

  #subscribe(subscriber: Subscriber<Uint8Array>): () => void {
    this.#subscriber = subscriber;
    this.#reading.start(subscriber);
    return () => this.#reading.stop();
  }

  #break(fault: Breaking): void {
    this.#takeDown();
    this.#over(fault.kind === 'error' ? fault.error : undefined);
  }

  #takeDown(): void {
    this.#reading.stop();
    this.#writing.stop();
    this.#inner.destroy();
  }

  #over(error: Error | undefined): void {
    if (error === undefined) this.#subscriber?.complete();
    else this.#subscriber?.error(error);
  }
}
