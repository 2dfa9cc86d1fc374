import { IpcError } from '../errors.js';
import type { Frame, Framing, Splitter } from './framing.js';

// The two ends of a channel between parent and child may have been given different codecs. The child knows: the parent
// names its codec in the environment. What the child says then must be understood whatever the parent reads.
const BEFORE = '{"cmd":"DEKA_CODEC_MISMATCH","codec":';
/** How a child begins that knows JSON Lines alone, and looks for no name. */
const JSON_LINES = '{"cmd":"NODE_HANDLE"';
/** A longer line is none, whatever it begins with. */
const LONGEST = 256;

/** The line with which a child that reads `codec` turns down a parent that writes another. */
export function refusal(codec: string): string {
  return `${BEFORE}${JSON.stringify(codec.slice(0, 100))}}\n`;
}

/**
 * A parent's framing, for a channel whose child may turn the codec down: then the only thing that comes out is an
 * `ERR_CODEC_MISMATCH`.
 */
export function heedingRefusal(framing: Framing, codec: string): Framing {
  const { name, kind, delimiter, header } = framing;
  return {
    name,
    kind,
    ...(delimiter !== undefined && { delimiter }),
    ...(header !== undefined && { header }),
    join: frame => framing.join(frame),
    splitter: limits => watched(framing.splitter(limits), kind, codec),
  };
}

/**
 * | the first bytes  | are          | until                                              |
 * |------------------|--------------|----------------------------------------------------|
 * | may be a refusal | held back    | they are something else, or the whole line is here |
 * | are none         | pushed on    | for ever                                           |
 * | were one         | left out     | for ever                                           |
 */
function watched(splitter: Splitter, kind: Framing['kind'], codec: string): Splitter {
  let state: 'may be' | 'none' | 'refused' = 'may be';
  let head = '';
  return { push, end, room: () => (state === 'none' ? splitter.room?.() : undefined) };

  function push(chunk: Uint8Array): readonly (Frame | IpcError)[] {
    if (state === 'none') return splitter.push(chunk);
    if (state === 'refused') return [];
    const before = Buffer.from(head, 'latin1');
    head += Buffer.from(chunk.subarray(0, LONGEST)).toString('latin1');
    const other = refusedFor(head) ?? (kind === 'binary' && head.startsWith(JSON_LINES) ? 'json' : undefined);
    if (other !== undefined) {
      state = 'refused';
      return [mismatch(codec, other)];
    }
    if (mayBeMore(head)) return [];
    state = 'none';
    return splitter.push(before.length === 0 ? chunk : Buffer.concat([before, chunk]));
  }

  function end(): IpcError | undefined {
    if (state === 'refused') return undefined;
    const held = state === 'may be' ? splitter.push(Buffer.from(head, 'latin1')) : [];
    return held.find(item => item instanceof IpcError) ?? splitter.end();
  }
}

/** The name in a refusal that is whole. */
function refusedFor(head: string): string | undefined {
  const [line, behind] = head.split('\n', 2);
  if (!head.startsWith(BEFORE) || (behind === undefined && head.length < LONGEST)) return undefined;
  return /^"([\w .:/-]{0,100})"/.exec(line?.slice(BEFORE.length) ?? '')?.[1] ?? 'another codec';
}

function mayBeMore(head: string): boolean {
  return head.startsWith(BEFORE) || [BEFORE, JSON_LINES].some(text => text.startsWith(head));
}

function mismatch(codec: string, other: string): IpcError {
  return new IpcError(
    'ERR_CODEC_MISMATCH',
    `This side writes ${codec}, the child would read ${other}; nothing was read. ` +
      'Give parent() the same codec as fork() or spawn() got.',
  );
}
