import type { Observable, Subscribable } from 'rxjs';

/** Everything an Observable, or what is like one, has emitted so far, and a promise of its end. */
export function collect<T>(source$: Observable<T> | Subscribable<T>): {
  readonly values: T[];
  readonly completed: Promise<T[]>;
} {
  const values: T[] = [];
  const completed = new Promise<T[]>((resolve, reject) => {
    source$.subscribe({ next: value => values.push(value), error: reject, complete: () => resolve(values) });
  });
  return { values, completed };
}

/** Resolves after the event loop has come round: for showing that something does NOT happen, never to wait for one. */
export function turns(count = 3): Promise<void> {
  return new Promise(resolve => {
    const next = (left: number) => (left === 0 ? resolve() : setImmediate(next, left - 1));
    next(count);
  });
}
