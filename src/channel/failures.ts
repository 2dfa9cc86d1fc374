import type { IpcError } from '../errors.js';
import { Observable, Subject } from '../rx.js';

/** So many failures are kept while nobody has subscribed to `failures$`; later ones are only counted. */
export const FAILURES_KEPT = 100;

/** Errors that are values: what could not be read, for whoever wants to know. */
export class Failures {
  readonly failures$ = new Observable<IpcError>(subscriber => {
    for (const failure of this.#kept.splice(0)) subscriber.next(failure);
    return this.#subject.subscribe(subscriber);
  });
  readonly #subject = new Subject<IpcError>();
  readonly #kept: IpcError[] = [];

  /** How many there were. */
  count = 0;

  report(failure: IpcError): void {
    this.count += 1;
    if (this.#subject.observed) this.#subject.next(failure);
    else if (this.#kept.length < FAILURES_KEPT) this.#kept.push(failure);
  }

  complete(): void {
    this.#subject.complete();
  }
}
