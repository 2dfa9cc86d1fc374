import { IpcError } from '../errors.js';
import { ChunkFailures } from './chunk-failures.js';
import type { EnvelopeText } from './envelope.js';
import type { Frame } from './framing.js';
import { MAX_MANY_BYTES, type Stages } from './outbound.js';

/** What one chunk came to. */
export interface Received<In> {
  readonly messages: readonly In[];
  /** At most a hundred, and one that stands for the others. */
  readonly failures: readonly IpcError[];
  /** Extensions of the wire that the peer says it takes. */
  readonly announced: readonly string[] | undefined;
  /**
   * One entry for each mark, in order: the index of the message behind it, or -1 if that could not be read. Undefined if
   * there was none.
   */
  readonly marked: readonly number[] | undefined;
}

/** What a chunk passes on its way in: split → decode → unwrap. */
export interface Inbound<In> {
  push(chunk: Uint8Array): Received<In>;
  /** Where the next chunk is best read to; see {@link Splitter.room}. Undefined if the framing does not mind. */
  readonly room: (() => Uint8Array | undefined) | undefined;
  /** The link has ended: an `ERR_DECODE` if it ended inside a frame. */
  end(): IpcError | undefined;
}

/**
 * Composes the way in. One per channel. A frame that fails is a value in `failures`; its neighbours are messages.
 *
 * @param onBadFrame `'close'`: nothing behind a frame that fails is read.
 * @param mark a frame that is no message, and says that the next one is special. One that can be decoded is never found
 * to be it: so nobody pays for it who has none.
 */
export function inbound<In>(
  stages: Stages<never, In>,
  maxFrameBytes: number,
  onBadFrame: 'skip' | 'close' = 'skip',
  mark?: Uint8Array,
): Inbound<In> {
  const stopAtFailure = onBadFrame === 'close';
  const check = stages.coder.check?.bind(stages.coder);
  const splitter = stages.framing.splitter({ maxFrameBytes: longestFrame(stages, maxFrameBytes) });
  let announced: readonly string[] | undefined;
  const decodeWhole = wholeDecoder(stages, features => {
    announced = features;
  });
  const decodeOne = textDecoder(stages, decodeWhole) ?? decodeWhole;
  const decode = packedDecoder(stages, maxFrameBytes, decodeOne) ?? decodeOne;
  let underMark = false; // the mark may have ended the chunk before
  return { push, room: splitter.room?.bind(splitter), end: () => splitter.end() };

  function push(chunk: Uint8Array): Received<In> {
    const messages: In[] = [];
    const failures = new ChunkFailures();
    const marked: number[] = [];
    let failed: readonly IpcError[] = [];
    announced = undefined;
    try {
      for (const frame of splitter.push(chunk)) {
        take(frame, messages, failures, marked);
        if (stopAtFailure && failures.any) break;
      }
    } finally {
      failed = failures.end();
    }
    return { messages, failures: failed, announced, marked: marked.length > 0 ? marked : undefined };
  }

  function take(frame: Frame | IpcError, messages: In[], failures: ChunkFailures, marked: number[]): void {
    const before = messages.length;
    try {
      if (frame instanceof IpcError) throw frame;
      if (check === undefined) decode(frame, messages);
      else for (const message of decoded(frame)) checkInto(message, messages, failures);
    } catch (thrown) {
      if (mark !== undefined && !underMark && isSame(frame, mark)) {
        underMark = true;
        return;
      }
      if (thrown === frame) stages.coder.missed?.();
      failures.add(thrown);
    }
    if (underMark) marked.push(messages.length === before ? -1 : messages.length - 1);
    underMark = false;
  }

  function decoded(frame: Frame): In[] {
    const messages: In[] = [];
    decode(frame, messages);
    return messages;
  }

  /** Of many messages in a frame, one may be refused and its neighbours not. */
  function checkInto(message: In, messages: In[], failures: ChunkFailures): void {
    try {
      messages.push(check === undefined ? message : check(message));
    } catch (thrown) {
      failures.add(thrown);
    }
  }
}

function isSame(frame: Frame | IpcError, mark: Uint8Array): boolean {
  if (frame instanceof IpcError) return false;
  return frame.length === mark.length && Buffer.from(frame as string).equals(mark);
}

/** Adds the messages of a frame, mostly one. Throws for a frame that has none. */
type Decode<In> = (frame: Frame, messages: In[]) => void;

/** Any codec in any envelope. */
function wholeDecoder<In>(
  { coder, envelope }: Stages<never, In>,
  onAnnounced: (features: readonly string[]) => void,
): Decode<In> {
  return (frame, messages) => {
    const value = coder.decode(frame);
    const many = envelope.unwrapMany?.(value);
    const features = envelope.announced?.(value);
    if (many !== undefined) addAll(messages, many as readonly In[]);
    else if (features !== undefined) onAnnounced(features);
    else messages.push(envelope.unwrap(value) as In);
  };
}

/** Whoever limits messages to less than a frame of many may have gets those all the same: the sender does not know. */
function longestFrame({ coder, syntax }: Stages<never, unknown>, maxFrameBytes: number): number {
  return syntax === undefined && coder.decodeMany !== undefined
    ? Math.max(maxFrameBytes, MAX_MANY_BYTES)
    : maxFrameBytes;
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
    else addAll(messages, many.map(one => envelope.unwrap(one)) as In[]); // all or none
  };
}

/**
 * JSON in an envelope that is JSON: parsing only what stands inside saves building the envelope. If the inside is one
 * JSON text, the whole is that text in exactly this envelope. If not (the peer spells it otherwise, or it is broken),
 * the whole frame is decoded, which finds out which. The same for the array of a batch.
 */
function textDecoder<In>(
  { coder, syntax, envelope }: Stages<never, In>,
  decodeWhole: Decode<In>,
): Decode<In> | undefined {
  const { json } = envelope;
  if (syntax !== 'json' || json === undefined) return undefined;
  return (frame, messages) => {
    try {
      const one = inside(frame, json);
      if (one !== undefined) {
        messages.push(coder.decode(one));
        return;
      }
      const many = json.many && coder.decodeMany && inside(frame, json.many);
      if (many?.startsWith('[')) {
        addAll(messages, coder.decodeMany?.(many) ?? []);
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

function addAll<T>(all: T[], some: readonly T[]): void {
  for (const one of some) all.push(one);
}

function isSyntaxError(thrown: unknown): boolean {
  return thrown instanceof SyntaxError || (thrown instanceof IpcError && thrown.cause instanceof SyntaxError);
}

function tooLarge(bytes: number, maxFrameBytes: number): IpcError {
  return new IpcError(
    'ERR_FRAME_TOO_LARGE',
    `The peer sent a message of ${bytes} bytes, over the limit of ${maxFrameBytes} bytes; it was dropped. ` +
      'Send less at once, or raise maxFrameBytes on this side.',
  );
}

/** Whether nothing that comes behind this failure can be read. */
export function isFinal({ code }: IpcError): boolean {
  return code === 'ERR_FRAMING_LOST' || code === 'ERR_CODEC_MISMATCH';
}
