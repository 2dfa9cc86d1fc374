import type { IpcError } from '../errors.js';
import type { Observable } from '../rx.js';
import { DEFAULT_MAX_FRAME_BYTES, type Frame, type FrameLimits, type Framing } from './framing.js';
import { lines } from './lines.js';
import { operator } from './stage.js';

/**
 * Cuts a byte stream into frames: one array per chunk that completes at least one.
 *
 * A frame that had to be dropped stands in the array as an `IpcError`, so one bad frame never ends the stream. A link
 * that ends inside a frame yields a last `ERR_DECODE`.
 *
 * @param framing default {@link lines}
 * @param limits `maxFrameBytes`, default 256 MiB
 * @example
 * import { from } from 'rxjs';
 * from(createReadStream('log.jsonl')).pipe(splitFrames()).subscribe(frames => console.log(frames.length));
 */
export function splitFrames(
  framing: Framing = lines(),
  limits: FrameLimits = { maxFrameBytes: DEFAULT_MAX_FRAME_BYTES },
): (bytes$: Observable<Uint8Array>) => Observable<readonly (Frame | IpcError)[]> {
  return operator(() => {
    const splitter = framing.splitter(limits);
    return { next: nonEmpty, end: cutOff };

    function nonEmpty(chunk: Uint8Array): readonly (Frame | IpcError)[] | undefined {
      const frames = splitter.push(chunk);
      return frames.length === 0 ? undefined : frames;
    }

    function cutOff(): readonly IpcError[] | undefined {
      const error = splitter.end();
      return error === undefined ? undefined : [error];
    }
  });
}
