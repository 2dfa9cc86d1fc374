// The one door to rxjs. `import 'rxjs'` loads every operator and costs a fresh process 60 to 180 ms; these modules
// cost 10, and what is built requires them when they are first used (scripts/bundle.js). The deep paths are in the
// exports map of rxjs 7 and yield the very same classes, so `instanceof` and `===` hold between these and a user's own
// `import { Observable } from 'rxjs'`.
export { Observable } from 'rxjs/internal/Observable';
export { Subject } from 'rxjs/internal/Subject';
export { SafeSubscriber, type Subscriber } from 'rxjs/internal/Subscriber';
export { observable } from 'rxjs/internal/symbol/observable';
export type { ObservableInput, Observer, Subscribable, Unsubscribable } from 'rxjs/internal/types';
