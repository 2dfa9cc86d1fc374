import { Subject } from '../rx.js';
import type { Taken, Transport } from './transport.js';

/**
 * Two transports in one process, each the other's peer. Asynchronous like a socket: a batch arrives on a later turn of
 * the event loop, and is taken only when the other end reads, so backpressure is that of a real link.
 *
 * @example
 * const [left, right] = memoryTransports();
 * const channel = open(left); // `right` is the test's: it sees the bytes, and says what comes in
 */
export function memoryTransports(): [Transport, Transport] {
  const a = new MemoryTransport();
  const b = new MemoryTransport();
  a.peer = b;
  b.peer = a;
  return [a, b];
}

interface Delivery {
  readonly bytes: Uint8Array;
  taken(error?: Error): void;
}

class MemoryTransport implements Transport {
  readonly bytes$ = new Subject<Uint8Array>();
  peer: MemoryTransport | undefined;
  #incoming: Delivery[] = [];
  #paused = false;
  #destroyed = false;
  #peerEnded = false;
  #scheduled = false;

  write(batch: string | Uint8Array, taken: Taken): boolean {
    const bytes = typeof batch === 'string' ? Buffer.from(batch) : batch;
    if (this.#destroyed || this.peer?.accept({ bytes, taken }) !== true) setImmediate(taken, gone());
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  ref(): void {}

  unref(): void {}

  end(): void {
    this.peer?.onPeerEnd();
  }

  destroy(reason?: Error): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    for (const { taken } of this.#incoming.splice(0)) setImmediate(taken, gone());
    this.peer?.onPeerEnd();
    if (reason === undefined) this.bytes$.complete();
    else this.bytes$.error(reason);
  }

  accept(delivery: Delivery): boolean {
    if (this.#destroyed) return false;
    this.#incoming.push(delivery);
    this.#schedule();
    return true;
  }

  onPeerEnd(): void {
    this.#peerEnded = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#deliverOne());
  }

  #deliverOne(): void {
    this.#scheduled = false;
    if (this.#destroyed || this.#paused) return;
    const delivery = this.#incoming.shift();
    if (delivery !== undefined) {
      this.bytes$.next(delivery.bytes);
      delivery.taken();
    }
    if (this.#incoming.length > 0) this.#schedule();
    else if (this.#peerEnded) this.bytes$.complete();
  }
}

function gone(): NodeJS.ErrnoException {
  return Object.assign(new Error('the other end of the pair is gone'), { code: 'EPIPE' });
}
