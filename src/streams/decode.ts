import { IpcError } from '../errors.js';
import type { Observable } from '../rx.js';
import { decodeError } from './chunk-failures.js';
import type { Codec } from './codec.js';
import type { Frame } from './framing.js';
import { json } from './json.js';
import { operator } from './stage.js';

/**
 * Decodes frames: arrays in, arrays out. A frame that does not decode becomes an `ERR_DECODE` in its place; an
 * `IpcError` that comes in goes out unchanged. Each frame gives one value, unless its codec packs many into one.
 * A codec made by {@link validated} checks what stands in the frame, the envelope if there is one.
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
    const packs = codec.syntax === undefined && coder.decodeMany !== undefined;
    return {
      next: frames => (packs ? frames.flatMap(decodeMany) : frames.map(decodeOne)),
    };

    function decodeMany(frame: Frame | IpcError): readonly (In | IpcError)[] {
      if (frame instanceof IpcError) return [decodeOne(frame)];
      try {
        return coder.decodeMany?.(frame)?.map(checkOne) ?? [decodeOne(frame)];
      } catch (thrown) {
        return [decodeError(thrown)];
      }
    }

    function decodeOne(frame: Frame | IpcError): In | IpcError {
      if (frame instanceof IpcError) {
        coder.missed?.();
        return frame;
      }
      try {
        return checked(coder.decode(frame));
      } catch (thrown) {
        return decodeError(thrown);
      }
    }

    function checkOne(value: In): In | IpcError {
      try {
        return checked(value);
      } catch (thrown) {
        return decodeError(thrown);
      }
    }

    function checked(value: In): In {
      return coder.check === undefined ? value : coder.check(value);
    }
  });
}
