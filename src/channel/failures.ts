import { IpcError } from '../errors.js';
import { LateSubject } from './late-subject.js';

/** So many failures are kept while nobody has subscribed to `failures$`; later ones are only counted. */
export const FAILURES_KEPT = 100;

/** So many failures are reported one by one in a second; what comes beyond is summed up in one. */
export const FAILURES_PER_SECOND = 1000;

const SECOND_MS = 1000;

/**
 * Errors that are values: what could not be read, for whoever wants to know. A peer that sends nothing but bad frames
 * must not make a log of them that is larger than what it sent.
 */
export class Failures {
  /** What is told from now on. */
  readonly later = new LateSubject<IpcError>();
  readonly #kept: IpcError[] = [];
  readonly #onBadFrame: (failure: IpcError) => void;
  #secondEnds = 0;
  #thisSecond = 0;
  #unreported = 0;
  #last: IpcError | undefined; // of those that were not reported
  #timer: NodeJS.Timeout | undefined;

  /** How many frames were bad. */
  count = 0;

  /** @param onBadFrame is told what is reported of frames, whether anybody has subscribed or not. */
  constructor(onBadFrame: (failure: IpcError) => void) {
    this.#onBadFrame = onBadFrame;
  }

  /** What came before anybody subscribed: for the first one who does. */
  takeKept(): IpcError[] {
    return this.#kept.splice(0);
  }

  /** A frame was bad. */
  report(failure: IpcError): void {
    const { count = 1 } = failure;
    this.count += count;
    const now = performance.now();
    if (now >= this.#secondEnds) {
      this.#sumUp();
      this.#secondEnds = now + SECOND_MS;
      this.#thisSecond = 0;
    }
    if (this.#thisSecond < FAILURES_PER_SECOND) {
      this.#thisSecond += 1;
      this.#giveBadFrame(failure);
      return;
    }
    // The flood may be over with this one, and the next failure a day away.
    this.#timer ??= setTimeout(() => this.#sumUp(), this.#secondEnds - now).unref();
    this.#unreported += count;
    this.#last = failure;
  }

  /** Something else than a frame was. */
  tell(failure: IpcError): void {
    this.#give(failure);
  }

  complete(): void {
    this.#sumUp();
    this.later.complete();
  }

  #sumUp(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const last = this.#last;
    if (last === undefined) return;
    const count = this.#unreported;
    this.#unreported = 0;
    this.#last = undefined; // before whoever is told ends the channel, which sums up what is left
    this.#giveBadFrame(summary(count, last));
  }

  #giveBadFrame(failure: IpcError): void {
    this.#onBadFrame(failure);
    this.#give(failure);
  }

  #give(failure: IpcError): void {
    if (this.later.observed) this.later.next(failure);
    else if (this.#kept.length < FAILURES_KEPT) this.#kept.push(failure);
  }
}

function summary(count: number, last: IpcError): IpcError {
  return new IpcError(
    last.code,
    `${count} more frames could not be read, too many to report each. The last one: ${last.message}`,
    { cause: last, count },
  );
}
