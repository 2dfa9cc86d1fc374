import type { WholeTexts } from '../joint.js';
import { BatchJoint } from './batch-joint.js';
import { BATCH_FEATURE, batchTexts, ROWS_FEATURE } from './features.js';
import { textOf } from './frame-text.js';
import type { JoiningOutbound, Stages } from './outbound.js';
import { MAX_JOINED_CHARS, RowFinder, type RowPiece } from './rows.js';

// A frame that is one character short of this may get one more text, which is no longer than this: twice as many
// characters of three bytes at most. Rows get some 32 Ki more at most, of up to six bytes where they have control characters.
const MAX_BATCH_CHARS = 64 * 1024;
const MESSAGES_PER_TEXT = 256;
// Fewer are as short, and easier to read, as they are.
const ROWS_AFTER = 16;

/** Composes the way out in batches, for peers that take them. Undefined where the codec or the envelope knows none. */
export function batchOutbound<Out>(
  stages: Stages<Out, unknown>,
  features: readonly string[] = [BATCH_FEATURE],
): JoiningOutbound<Out> | undefined {
  const { coder } = stages;
  const texts = features.includes(BATCH_FEATURE) ? batchTexts(stages) : undefined;
  if (texts === undefined) return undefined;
  const { one, many } = texts;
  const joint = new BatchJoint(texts, MAX_BATCH_CHARS);
  const finder =
    features.includes(ROWS_FEATURE) && texts.rows !== undefined ? new RowFinder(joint.memory) : undefined;
  const nextFrame = `${many.after}${many.before}`;
  let perText = MESSAGES_PER_TEXT; // learnt from what was sent
  return { joint, encode, encodeMany, unsent: () => coder.unsent?.() };

  function encode(message: Out): string | RowPiece | WholeTexts {
    const row = joint.messages < ROWS_AFTER ? undefined : rowOf(message);
    if (row !== undefined) return row;
    const text = encoded(message);
    return text.length <= MAX_JOINED_CHARS ? text : alone([text]);
  }

  function encodeMany(messages: readonly Out[]): string | RowPiece | WholeTexts {
    const rows = joint.messages + messages.length < ROWS_AFTER ? undefined : rowsOf(messages);
    return rows ?? textsOf(messages);
  }

  // A message whose getter throws is no row: the codec, which reads it next, says what is wrong with it.
  function rowOf(message: Out): RowPiece | undefined {
    try {
      return finder?.rowOf(message);
    } catch {
      return undefined;
    }
  }

  function rowsOf(messages: readonly Out[]): RowPiece | undefined {
    try {
      return finder?.rowsOf(messages);
    } catch {
      return undefined;
    }
  }

  function textsOf(messages: readonly Out[]): string | WholeTexts {
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
  if (average > MAX_JOINED_CHARS) return 1;
  return Math.min(MESSAGES_PER_TEXT, Math.ceil(MAX_BATCH_CHARS / 2 / average));
}
