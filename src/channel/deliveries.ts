import { Observable } from '../rx.js';
import type { Handle } from '../transport/handle.js';
import type { Intake } from './intake.js';

/** A message, with the handle that came with it. */
export interface Delivery<In> {
  readonly message: In;
  /** Belongs to whoever gets it: close it when done. Undefined for a message that came alone. */
  readonly handle?: Handle;
}

/** Everything an intake delivers, with the handles. Whoever subscribes takes them. */
export function deliveriesOf<In>(intake: Intake<In>): Observable<Delivery<In>> {
  return new Observable<Delivery<In>>(subscriber => {
    const consumer = {
      next: (message: In) => {
        const handle = intake.arrival?.take();
        subscriber.next(handle === undefined ? { message } : { message, handle });
      },
      complete: () => subscriber.complete(),
    };
    intake.add(consumer);
    return () => intake.remove(consumer);
  });
}
