import { IpcError } from '../errors.js';
import type { Observable } from '../rx.js';
import { decodeError } from './chunk-failures.js';
import type { Codec } from './codec.js';
import type { Frame } from './framing.js';
import { json } from './json.js';
import { operator } from './stage.js';

/**
 * Decodes frames: arrays in, arrays of the same length out. A frame that does not decode becomes an `ERR_DECODE` in
 * its place; an `IpcError` that comes in goes out unchanged.
 *
 * @param codec default {@link json}
 * @example
 * bytes$.pipe(splitFrames(), decode()).subscribe(values => console.log(values));
 */
export function decode<In = unknown>(
  codec: Codec<never, In> = json<never, In>(),
): (frames$: Observable<readonly (Frame | IpcError)[]>) => Observable<readonly (In | IpcError)[]> {
  return operator(() => {
    const coder = codec.create();
    return { next: frames => frames.map(decodeOne) };

    function decodeOne(frame: Frame | IpcError): In | IpcError {
      if (frame instanceof IpcError) return frame;
      try {
        return coder.decode(frame);
      } catch (thrown) {
        return decodeError(thrown);
      }
    }
  });
}
