import { Subject } from '../../src/rx.js';
import type { Transport } from '../../src/transport/transport.js';

type Taken = (error?: Error | null) => void;

/** A transport that does what the test says and nothing else: no I/O, no timers. Keeps what it was asked to do. */
export class ScriptedTransport implements Transport {
  readonly bytes$ = new Subject<Uint8Array>();
  /** Each write as text. */
  readonly writes: string[] = [];
  /** Calls other than `write`, in order. */
  readonly calls: string[] = [];
  /** Calls `taken` inside `write`. */
  synchronous = false;
  /** The most writes that were ever under way at a time; a `write` made inside another one counts too. */
  mostUnderWay = 0;
  #underWay: Taken[] = [];
  #inside = 0;

  write(batch: string | Uint8Array, taken: Taken): boolean {
    this.#inside += 1;
    this.writes.push(Buffer.from(batch).toString());
    this.#underWay.push(taken);
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay.length, this.#inside);
    if (this.synchronous) this.take();
    this.#inside -= 1;
    return false;
  }

  /** How many writes wait for `take` or `fail`. */
  get underWay(): number {
    return this.#underWay.length;
  }

  /** The kernel has the write under way. */
  take(): void {
    this.#answer();
  }

  /** The kernel will never have the write under way. */
  fail(error: Error): void {
    this.#answer(error);
  }

  /** A chunk from the peer. */
  receive(text: string): void {
    this.bytes$.next(Buffer.from(text));
  }

  pause(): void {
    this.calls.push('pause');
  }

  resume(): void {
    this.calls.push('resume');
  }

  ref(): void {
    this.calls.push('ref');
  }

  unref(): void {
    this.calls.push('unref');
  }

  end(): void {
    this.calls.push('end');
  }

  destroy(reason?: Error): void {
    this.calls.push('destroy');
    if (reason === undefined) this.bytes$.complete();
    else this.bytes$.error(reason);
  }

  #answer(error?: Error): void {
    const taken = this.#underWay.shift();
    if (taken === undefined) throw new Error('the script answers a write that was not made');
    if (error === undefined) taken();
    else taken(error);
  }
}
