import { IpcError, reasonOf } from '../errors.js';
import type { Frame } from './framing.js';
import type { Stages } from './outbound.js';

/** What one chunk came to. */
export interface Received<In> {
  readonly messages: readonly In[];
  readonly failures: readonly IpcError[];
}

/** What a chunk passes on its way in: split → decode → unwrap. */
export interface Inbound<In> {
  push(chunk: Uint8Array): Received<In>;
  /** The link has ended: an `ERR_DECODE` if it ended inside a frame. */
  end(): IpcError | undefined;
}

/** Composes the way in. One per channel. A frame that fails is a value in `failures`; its neighbours are messages. */
export function inbound<In>(stages: Stages<never, In>, maxFrameBytes: number): Inbound<In> {
  const splitter = stages.framing.splitter({ maxFrameBytes });
  const decode = textDecoder(stages) ?? unwrappingDecoder(stages);
  return { push, end: () => splitter.end() };

  function push(chunk: Uint8Array): Received<In> {
    const messages: In[] = [];
    const failures: IpcError[] = [];
    for (const frame of splitter.push(chunk)) {
      if (frame instanceof IpcError) {
        failures.push(frame);
        continue;
      }
      try {
        messages.push(decode(frame));
      } catch (thrown) {
        failures.push(decodeError(thrown));
      }
    }
    return { messages, failures };
  }
}

/** Any codec in any envelope. */
function unwrappingDecoder<In>({ coder, envelope }: Stages<never, In>): (frame: Frame) => In {
  return frame => envelope.unwrap(coder.decode(frame)) as In;
}

/**
 * JSON in an envelope that is JSON: parsing only what stands inside saves building the envelope. If the inside is one
 * JSON text, the whole is that text in exactly this envelope. If not (the peer spells it otherwise, or it is broken),
 * the whole frame is decoded, which finds out which.
 */
function textDecoder<In>(stages: Stages<never, In>): ((frame: Frame) => In) | undefined {
  const { coder, syntax, envelope } = stages;
  if (syntax !== 'json' || envelope.json === undefined) return undefined;
  const { before, after } = envelope.json;
  const decodeWhole = unwrappingDecoder(stages);
  return frame => {
    if (typeof frame === 'string' && frame.startsWith(before) && frame.endsWith(after)) {
      try {
        return coder.decode(frame.slice(before.length, frame.length - after.length));
      } catch (thrown) {
        // A reviver or a validator that refuses the message has the last word.
        if (!isSyntaxError(thrown)) throw thrown;
      }
    }
    return decodeWhole(frame);
  };
}

function isSyntaxError(thrown: unknown): boolean {
  return thrown instanceof SyntaxError || (thrown instanceof IpcError && thrown.cause instanceof SyntaxError);
}

/** What a codec, an envelope or a user's validator threw, as the `IpcError` that goes to `failures$`. */
export function decodeError(thrown: unknown): IpcError {
  if (thrown instanceof IpcError) return thrown;
  return new IpcError(
    'ERR_DECODE',
    `The codec could not read a frame: ${reasonOf(thrown)}. Check that both ends use the same codec.`,
    { cause: thrown },
  );
}
