import { IpcError } from '../errors.js';
import type { Observable } from '../rx.js';
import { decodeError } from './chunk-failures.js';
import { deka, type Envelope } from './envelope.js';
import { operator } from './stage.js';

/**
 * Takes messages out of their envelopes: arrays in, arrays of the same length out. A value without the envelope
 * becomes an `ERR_BAD_ENVELOPE` in its place; an `IpcError` that comes in goes out unchanged.
 *
 * @param envelope default {@link deka}
 * @example
 * bytes$
 *   .pipe(splitFrames(), decode(), unwrap(), mergeAll())
 *   .subscribe(message => console.log(message instanceof IpcError ? message.code : message));
 */
export function unwrap(
  envelope: Envelope = deka(),
): (values$: Observable<readonly unknown[]>) => Observable<readonly unknown[]> {
  return operator(() => ({ next: values => values.map(unwrapOne) }));

  function unwrapOne(value: unknown): unknown {
    if (value instanceof IpcError) return value;
    try {
      return envelope.unwrap(value);
    } catch (thrown) {
      return decodeError(thrown);
    }
  }
}
