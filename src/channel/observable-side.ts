import type { IpcError } from '../errors.js';
import { Observable } from '../rx.js';
import { type Delivery, deliveriesOf } from './deliveries.js';
import type { Failures } from './failures.js';
import type { Intake } from './intake.js';
import type { LateSubject } from './late-subject.js';

/** What the Observables of a channel tell of. */
export interface Observed<In> {
  readonly intake: Intake<In>;
  readonly failures: Failures;
  readonly drained: LateSubject<void>;
}

/**
 * The Observables of a channel, each made when it is first asked for. rxjs is loaded then: a process that sends, and loops
 * over what comes, does without.
 */
export abstract class ObservableSide<In> {
  #observed: Observed<In> | undefined;
  #messages$: Observable<In> | undefined;
  #batches$: Observable<readonly In[]> | undefined;
  #deliveries$: Observable<Delivery<In>> | undefined;
  #failures$: Observable<IpcError> | undefined;
  #drain$: Observable<void> | undefined;

  get messages$(): Observable<In> {
    this.#messages$ ??= messagesOf(this.#of.intake);
    return this.#messages$;
  }

  get batches$(): Observable<readonly In[]> {
    this.#batches$ ??= batchesOf(this.#of.intake);
    return this.#batches$;
  }

  get deliveries$(): Observable<Delivery<In>> {
    this.#deliveries$ ??= deliveriesOf(this.#of.intake);
    return this.#deliveries$;
  }

  get failures$(): Observable<IpcError> {
    this.#failures$ ??= failuresOf(this.#of.failures);
    return this.#failures$;
  }

  get drain$(): Observable<void> {
    this.#drain$ ??= this.#of.drained.subject.asObservable();
    return this.#drain$;
  }

  /** Before anything else is done with it. */
  protected observe(observed: Observed<In>): void {
    this.#observed = observed;
  }

  get #of(): Observed<In> {
    if (this.#observed === undefined) throw new TypeError('the channel is not made yet');
    return this.#observed;
  }
}

/** Everything that an intake delivers. */
export function messagesOf<In>(intake: Intake<In>): Observable<In> {
  return new Observable(subscriber => {
    intake.add(subscriber);
    return () => intake.remove(subscriber);
  });
}

/** The same as it came in, one array for each chunk. */
export function batchesOf<In>(intake: Intake<In>): Observable<readonly In[]> {
  return new Observable(subscriber => {
    intake.addOfBatches(subscriber);
    return () => intake.removeOfBatches(subscriber);
  });
}

/** What could not be read, with what was kept for the first subscriber. */
export function failuresOf(failures: Failures): Observable<IpcError> {
  return new Observable(subscriber => {
    for (const failure of failures.takeKept()) subscriber.next(failure);
    return failures.later.subject.subscribe(subscriber);
  });
}
