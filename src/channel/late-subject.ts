import { Subject } from '../rx.js';

/** A Subject that is made when somebody asks for it: who never does need not load rxjs. */
export class LateSubject<T> {
  #subject: Subject<T> | undefined;
  #completed = false;

  get subject(): Subject<T> {
    if (this.#subject === undefined) {
      this.#subject = new Subject<T>();
      if (this.#completed) this.#subject.complete();
    }
    return this.#subject;
  }

  get observed(): boolean {
    return this.#subject?.observed === true;
  }

  next(value: T): void {
    this.#subject?.next(value);
  }

  complete(): void {
    this.#completed = true;
    this.#subject?.complete();
  }
}
