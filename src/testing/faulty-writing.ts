import type { Taken, Transport } from '../transport/transport.js';
import { type Breaking, type Fault, nextFault, piecesOf, turns } from './faults.js';

/** @internal The way out of a faulty transport. Has one write under way at a time, as a channel does. */
export class FaultyWriting {
  readonly #inner: Transport;
  readonly #faults: Iterator<Fault>;
  readonly #onBreak: (fault: Breaking) => void;
  #stalled: Taken | undefined;
  #stopped = false;

  constructor(inner: Transport, faults: Iterable<Fault>, onBreak: (fault: Breaking) => void) {
    this.#inner = inner;
    this.#faults = faults[Symbol.iterator]();
    this.#onBreak = onBreak;
  }

  write(batch: string | Uint8Array, taken: Taken): boolean {
    const fault = nextFault(this.#faults);
    if (this.#stopped) process.nextTick(taken, gone());
    else if (fault.kind === 'pass') return this.#inner.write(batch, taken);
    else if (fault.kind === 'stall') this.#stalled = taken;
    else this.#writeWith(fault, Buffer.from(batch)).then(() => taken(), taken);
    return false;
  }

  /** From now on writes fail, and the one that stalls does. */
  stop(): void {
    this.#stopped = true;
    if (this.#stalled !== undefined) process.nextTick(this.#stalled, gone());
    this.#stalled = undefined;
  }

  async #writeWith(fault: Fault, bytes: Uint8Array): Promise<void> {
    if (fault.kind === 'cut') {
      for (const piece of piecesOf(bytes, fault.bytes)) {
        await this.#post(piece);
        await turns(1);
      }
    } else if (fault.kind === 'delay') {
      await turns(fault.turns);
      await this.#post(bytes);
    } else if (fault.kind === 'error' || fault.kind === 'close') {
      await this.#post(bytes.subarray(0, fault.bytes ?? 0));
      this.#onBreak(fault);
      throw fault.kind === 'error' ? fault.error : gone();
    }
  }

  #post(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) reject(gone());
      else if (bytes.length === 0) resolve();
      else if (this.#inner.write(bytes, error => (error ? reject(error) : resolve()))) resolve();
    });
  }
}

function gone(): NodeJS.ErrnoException {
  return Object.assign(new Error('the peer is gone, as the script says'), { code: 'EPIPE' });
}
