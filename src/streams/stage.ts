import { Observable, SafeSubscriber } from '../rx.js';

/** One subscription's work of a stage: what goes in, what comes out. Both may throw. */
export interface Stage<A, B> {
  /** What to emit for a value; `undefined` for nothing. */
  next(value: A): B | undefined;
  /** What to emit before completing; `undefined` for nothing. */
  end?(): B | undefined;
}

/** An operator made of a {@link Stage}, which is created anew for each subscription. A throw errors the output. */
export function operator<A, B>(create: () => Stage<A, B>): (source$: Observable<A>) => Observable<B> {
  return source$ =>
    new Observable<B>(subscriber => {
      const stage = create();
      // Tied to the output before the source starts: a source that emits at once has to stop when nobody wants more.
      const input = new SafeSubscriber<A>({ next, error: error => subscriber.error(error), complete });
      subscriber.add(input);
      source$.subscribe(input);

      function next(value: A): void {
        emit(() => stage.next(value));
      }

      function complete(): void {
        emit(() => stage.end?.());
        subscriber.complete();
      }

      function emit(work: () => B | undefined): void {
        let result: B | undefined;
        try {
          result = work();
        } catch (thrown) {
          subscriber.error(thrown);
          return;
        }
        if (result !== undefined) subscriber.next(result);
      }
    });
}
