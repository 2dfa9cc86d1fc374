import type { TextJoint, WholeTexts } from '../joint.js';
import { textOf } from './frame-text.js';
import type { FrameLimits } from './framing.js';
import type { JoiningOutbound, Stages } from './outbound.js';

/** What a side announces that takes batches: many messages in one frame, parsed at once. */
export const BATCH_FEATURE = 'batch';

/** A frame of a batch has at most this many bytes; a side with a lower limit for frames does not announce batches. */
export const MAX_BATCH_FRAME_BYTES = 1024 * 1024;

// A frame that is one character short of this may get one more text, which is no longer than this: twice as many
// characters of three bytes at most.
const MAX_BATCH_CHARS = 64 * 1024;
// A longer message gains nothing from company, and a bad line would take the others with it.
const MAX_TEXT_CHARS = 8 * 1024;
const MESSAGES_PER_TEXT = 256;

/** The extensions that this side takes, as it announces them; undefined where the wire has none. */
export function featuresTaken(
  stages: Stages<never, unknown>,
  { maxFrameBytes }: FrameLimits,
): readonly string[] | undefined {
  if (batchText(stages) === undefined) return undefined;
  const { decodeMany } = stages.coder;
  return decodeMany !== undefined && maxFrameBytes >= MAX_BATCH_FRAME_BYTES ? [BATCH_FEATURE] : [];
}

/** Composes the way out in batches, for peers that take them. Undefined where the codec or the envelope knows none. */
export function batchOutbound<Out>(stages: Stages<Out, unknown>): JoiningOutbound<Out> | undefined {
  const { coder } = stages;
  const text = batchText(stages);
  if (text === undefined) return undefined;
  const { one, many } = text;
  const joint: TextJoint = { between: ',', maxLength: MAX_BATCH_CHARS, close };
  const nextFrame = `${many.after}${many.before}`;
  let perText = MESSAGES_PER_TEXT; // learnt from what was sent
  return { joint, encode, encodeMany, unsent: () => coder.unsent?.() };

  function close(texts: string, count: number): string {
    const { before, after } = count === 1 ? one : many;
    return `${before}${texts}${after}`;
  }

  function encode(message: Out): string | WholeTexts {
    const text = encoded(message);
    return text.length <= MAX_TEXT_CHARS ? text : alone([text]);
  }

  function encodeMany(messages: readonly Out[]): string | WholeTexts {
    if (perText === 1) return eachAlone(messages);
    let frames = '';
    for (let at = 0; at < messages.length; at += perText) {
      const text = textOfMany(messages.slice(at, at + perText));
      if (text.length > MAX_BATCH_CHARS) return eachAlone(messages);
      frames += at === 0 ? text : nextFrame + text;
    }
    perText = fitting(frames.length, messages.length);
    return frames;
  }

  function eachAlone(messages: readonly Out[]): WholeTexts {
    const texts = messages.map(encoded);
    const chars = texts.reduce((sum, text) => sum + text.length, 0);
    perText = fitting(chars, messages.length);
    return alone(texts);
  }

  function textOfMany(messages: readonly Out[]): string {
    const array = coder.encodeMany?.(messages);
    if (array === undefined) return messages.map(encoded).join(',');
    return textOf(array).slice(1, -1);
  }

  function encoded(message: Out): string {
    return textOf(coder.encode(message));
  }

  function alone(texts: readonly string[]): WholeTexts {
    return { texts: inWrites(texts.map(text => `${one.before}${text}${one.after}`)) };
  }
}

/** Frames joined to as many as go into one write; one that is longer is by itself. */
function inWrites(frames: readonly string[]): string[] {
  const writes: string[] = [];
  let open = '';
  for (const frame of frames) {
    if (open !== '' && open.length + frame.length > MAX_BATCH_CHARS) {
      writes.push(open);
      open = '';
    }
    open += frame;
  }
  return [...writes, open];
}

/** So many messages like these go into one text: half of what fits, for some are longer than others. */
function fitting(chars: number, count: number): number {
  const average = chars / count;
  if (average > MAX_TEXT_CHARS) return 1;
  return Math.min(MESSAGES_PER_TEXT, Math.ceil(MAX_BATCH_CHARS / 2 / average));
}

function batchText({ framing, envelope, syntax }: Stages<never, unknown>) {
  const { delimiter } = framing;
  if (syntax !== 'json' || envelope.json?.many === undefined || delimiter === undefined) return undefined;
  const { before, after, many } = envelope.json;
  return {
    one: { before, after: `${after}${delimiter}` },
    many: { before: `${many.before}[`, after: `]${many.after}${delimiter}` },
  };
}
