import { Subject } from '../rx.js';
import type { Taken, Transport } from '../transport/transport.js';

/**
 * When a write is answered: on the next tick as by a peer that reads, inside of `write`, or when the test says so, as by
 * a peer that does not read.
 */
export type Answering = 'next tick' | 'inside' | 'by hand';

/**
 * A transport whose other side is the test: it says what comes in and when a write is taken, and sees what goes out. No
 * I/O, no timers.
 *
 * @example
 * const transport = new ScriptedTransport();
 * const channel = open<string>(transport, { envelope: bare() });
 * channel.send('hello');
 * await channel.flush();
 * console.log(transport.written); // ['"hello"\n']
 */
export class ScriptedTransport implements Transport {
  readonly bytes$ = new Subject<Uint8Array>();
  /** Each write as text, in order. */
  readonly written: string[] = [];
  /** The calls other than `write`, in order. */
  readonly calls: ('pause' | 'resume' | 'ref' | 'unref' | 'end' | 'destroy')[] = [];
  /** May be changed at any time; holds from the next write on. */
  answering: Answering;
  /** What writes fail with that are not answered by hand. */
  writeError: Error | undefined;
  /** The most writes that were ever under way at a time; a `write` made inside another one counts too. */
  mostUnderWay = 0;
  #underWay: Taken[] = [];
  #inside = 0;

  /** @param answering default `'next tick'` */
  constructor(answering: Answering = 'next tick') {
    this.answering = answering;
  }

  write(batch: string | Uint8Array, taken: Taken): boolean {
    this.#inside += 1;
    this.written.push(Buffer.from(batch).toString());
    this.#underWay.push(taken);
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay.length, this.#inside);
    if (this.answering === 'inside') this.#answer(this.writeError);
    else if (this.answering === 'next tick') process.nextTick(() => this.#answerIfAny(this.writeError));
    this.#inside -= 1;
    return false;
  }

  /** How many writes wait for an answer. */
  get underWay(): number {
    return this.#underWay.length;
  }

  /** The kernel has the oldest write under way. Throws if there is none. */
  take(): void {
    this.#answer();
  }

  /** The kernel will never have the oldest write under way. Throws if there is none. */
  fail(error: Error): void {
    this.#answer(error);
  }

  /** The peer reads again: takes all that is under way, and from now on each write on the next tick. */
  release(): void {
    this.answering = 'next tick';
    while (this.#underWay.length > 0) this.#answer();
  }

  /** A chunk from the peer. */
  receive(chunk: string | Uint8Array): void {
    this.bytes$.next(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  }

  /** The peer has ended its side. */
  peerEnds(): void {
    this.bytes$.complete();
  }

  /** The link breaks. */
  break(error: Error): void {
    this.bytes$.error(error);
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

  /** By then the test may have answered it itself. */
  #answerIfAny(error: Error | undefined): void {
    if (this.#underWay.length > 0) this.#answer(error);
  }

  #answer(error?: Error): void {
    const taken = this.#underWay.shift();
    if (taken === undefined) throw new Error('the script answers a write that was not made');
    if (error === undefined) taken();
    else taken(error);
  }
}
