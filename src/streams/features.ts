import type { BatchTexts } from './batch-joint.js';
import type { FrameLimits } from './framing.js';
import type { Stages } from './outbound.js';

/** What a side announces that takes batches: many messages in one frame, parsed at once. */
export const BATCH_FEATURE = 'batch';

/** What a side announces that takes rows: messages that are alike, their keys once and their values one behind another. */
export const ROWS_FEATURE = 'rows';

/** A frame of a batch has at most this many bytes; a side with a lower limit for frames does not announce batches. */
export const MAX_BATCH_FRAME_BYTES = 1024 * 1024;

/** The extensions that this side takes, as it announces them; undefined where the wire has none. */
export function featuresTaken(
  stages: Stages<never, unknown>,
  { maxFrameBytes }: FrameLimits,
): readonly string[] | undefined {
  const texts = batchTexts(stages);
  if (texts === undefined) return undefined;
  const { decodeMany } = stages.coder;
  if (decodeMany === undefined || maxFrameBytes < MAX_BATCH_FRAME_BYTES) return [];
  return texts.rows === undefined ? [BATCH_FEATURE] : [BATCH_FEATURE, ROWS_FEATURE];
}

/** What this side puts around batches; undefined where the wire has none. */
export function batchTexts({
  framing,
  coder,
  envelope,
  syntax,
}: Stages<never, unknown>): BatchTexts | undefined {
  const { delimiter } = framing;
  if (syntax !== 'json' || envelope.json?.many === undefined || delimiter === undefined) return undefined;
  const { before, after, many, rows } = envelope.json;
  return {
    one: { before, after: `${after}${delimiter}` },
    many: { before: `${many.before}[`, after: `]${many.after}${delimiter}` },
    rows:
      rows === undefined || coder.plain !== true
        ? undefined
        : { ...rows, after: `${rows.after}${delimiter}` },
  };
}
