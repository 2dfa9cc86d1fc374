import { IpcError } from '../errors.js';
import type { ChunkMessages } from './chunk-messages.js';
import { type EnvelopeText, unwrapEach } from './envelope.js';
import { MAX_BATCH_FRAME_BYTES } from './features.js';
import type { Frame } from './framing.js';
import { MAX_MANY_BYTES, type Stages } from './outbound.js';
import { RowReader } from './row-reader.js';

/** Adds the messages of a frame, mostly one. Throws for a frame that has none. */
export type Decode<In> = (frame: Frame, messages: ChunkMessages<In>) => void;

/** The way from a frame to its messages that codec and envelope have. `onAnnounced`: the frame was no message. */
export function frameDecoder<In>(
  stages: Stages<never, In>,
  maxFrameBytes: number,
  onAnnounced: (features: readonly string[]) => void,
): Decode<In> {
  const rows = new RowReader(stages.envelope.json?.rows);
  const decodeWhole = wholeDecoder(stages, rows, onAnnounced);
  const decodeOne = textDecoder(stages, rows, decodeWhole) ?? decodeWhole;
  return packedDecoder(stages, maxFrameBytes, decodeOne) ?? decodeOne;
}

/** Whoever limits messages to less than a frame of many may have gets those all the same: the sender does not know. */
export function longestFrame({ coder, syntax }: Stages<never, unknown>, maxFrameBytes: number): number {
  return syntax === undefined && coder.decodeMany !== undefined
    ? Math.max(maxFrameBytes, MAX_MANY_BYTES)
    : maxFrameBytes;
}

/** Any codec in any envelope. */
function wholeDecoder<In>(
  { coder, envelope }: Stages<never, In>,
  rows: RowReader,
  onAnnounced: (features: readonly string[]) => void,
): Decode<In> {
  return (frame, messages) => {
    const value = coder.decode(frame);
    const many = envelope.unwrapMany?.(value);
    const alike = envelope.unwrapRows?.(value);
    if (many !== undefined || alike !== undefined) refuseLongBatch(frame);
    const features = envelope.announced?.(value);
    if (many !== undefined) messages.addAll(many as readonly In[]);
    else if (alike !== undefined) messages.addAll(rows.messagesOf(alike) as readonly In[]);
    else if (features !== undefined) onAnnounced(features);
    else messages.add(envelope.unwrap(value) as In);
  };
}

/** A codec that says itself which of its frames hold many messages; where those are JSON, the envelope says so. */
function packedDecoder<In>(
  { coder, syntax, envelope }: Stages<never, In>,
  maxFrameBytes: number,
  decodeOne: Decode<In>,
): Decode<In> | undefined {
  if (syntax !== undefined || coder.decodeMany === undefined) return undefined;
  const decodeMany = coder.decodeMany.bind(coder);
  return (frame, messages) => {
    const many = decodeMany(frame);
    if (many === undefined && frame.length > maxFrameBytes) {
      coder.missed?.();
      throw tooLarge(frame.length, maxFrameBytes);
    }
    if (many === undefined) decodeOne(frame, messages);
    else messages.addAll(unwrapEach(envelope, many) as readonly In[]); // all or none
  };
}

/**
 * JSON in an envelope that is JSON: parsing only what stands inside saves building the envelope. If the inside is one
 * JSON text, the whole is that text in exactly this envelope. If not (the peer spells it otherwise, or it is broken),
 * the whole frame is decoded, which finds out which. The same for the array of a batch.
 */
function textDecoder<In>(
  { coder, syntax, envelope }: Stages<never, In>,
  rows: RowReader,
  decodeWhole: Decode<In>,
): Decode<In> | undefined {
  const { json } = envelope;
  if (syntax !== 'json' || json === undefined) return undefined;
  return (frame, messages) => {
    try {
      const one = inside(frame, json);
      if (one !== undefined) {
        messages.add(coder.decode(one));
        return;
      }
      const many = json.many && coder.decodeMany && inside(frame, json.many);
      if (many?.startsWith('[')) {
        refuseLongBatch(frame);
        messages.addAll(coder.decodeMany?.(many) ?? []);
        return;
      }
      if (coder.plain === true && typeof frame === 'string' && rows.knows(frame)) {
        refuseLongBatch(frame);
        messages.addAll(rows.read(frame) as readonly In[]);
        return;
      }
    } catch (thrown) {
      // A reviver or a validator that refuses the message has the last word.
      if (!isSyntaxError(thrown)) throw thrown;
    }
    decodeWhole(frame, messages);
  };
}

/** What stands in an envelope that is spelled exactly so. */
function inside(frame: Frame, { before, after }: EnvelopeText): string | undefined {
  if (typeof frame !== 'string' || !frame.startsWith(before) || !frame.endsWith(after)) return undefined;
  return frame.slice(before.length, frame.length - after.length);
}

function isSyntaxError(thrown: unknown): boolean {
  return thrown instanceof SyntaxError || (thrown instanceof IpcError && thrown.cause instanceof SyntaxError);
}

/** A small message of a batch is many times its bytes once it is parsed, and all of them at once are nobody's limit. */
function refuseLongBatch({ length }: Frame): void {
  if (length <= MAX_BATCH_FRAME_BYTES) return;
  throw new IpcError(
    'ERR_FRAME_TOO_LARGE',
    `The peer sent a batch of ${length} bytes, where one may have ${MAX_BATCH_FRAME_BYTES}; it was dropped. ` +
      'Let it send several.',
  );
}

function tooLarge(bytes: number, maxFrameBytes: number): IpcError {
  return new IpcError(
    'ERR_FRAME_TOO_LARGE',
    `The peer sent a message of ${bytes} bytes, over the limit of ${maxFrameBytes} bytes; it was dropped. ` +
      'Send less at once, or raise maxFrameBytes on this side.',
  );
}
