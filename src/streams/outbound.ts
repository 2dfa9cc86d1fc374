import type { Joint, Piece } from '../joint.js';
import type { Coder } from './codec.js';
import { type Envelope, wrapEach } from './envelope.js';
import { textOf } from './frame-text.js';
import type { Frame, Framing } from './framing.js';

/** What a message passes on its way out: wrap → encode → join. */
export interface Outbound<Out> {
  /** One message as it stands on the wire. Throws what the codec throws. */
  encode(message: Out): Frame;
  /** Many messages as they stand on the wire, all or none. */
  encodeMany(messages: readonly Out[]): Frame;
  /** What was encoded last will not be sent after all, or could not be encoded. */
  unsent(): void;
}

/** A way out on which messages that leave in one write are put together. */
export interface JoiningOutbound<Out> {
  /** Puts what waits together. */
  readonly joint: Joint;
  /** One message, for the joint or as it stands on the wire. Throws what the codec throws. */
  encode(message: Out): Piece;
  /** Many messages, all or none. */
  encodeMany(messages: readonly Out[]): Piece;
  /** What was encoded last will not be sent after all, or could not be encoded; then there is no `piece`. */
  unsent(piece?: Piece): void;
}

/** The parts of one channel's pipeline. Both directions share the coder: it may keep state. */
export interface Stages<Out, In> {
  readonly framing: Framing;
  readonly coder: Coder<Out, In>;
  /** What the frames are written in, where an envelope may make use of it. */
  readonly syntax: 'json' | undefined;
  readonly envelope: Envelope;
}

/** Composes the way out. One per channel. */
export function outbound<Out>(stages: Stages<Out, unknown>): Outbound<Out> {
  const { framing, coder } = stages;
  const encode = textEncoder(stages) ?? wrappingEncoder(stages);
  const pack = packingEncoder(stages);
  return { encode, encodeMany, unsent: () => coder.unsent?.() };

  function encodeMany(messages: readonly Out[]): Frame {
    const frames = pack?.(messages).map(frame => framing.join(frame)) ?? messages.map(encode);
    return framing.kind === 'text' ? frames.join('') : Buffer.concat(frames as Uint8Array[]);
  }
}

/**
 * A frame of many messages has at most so many bytes: a peer takes those even if its `maxFrameBytes` is less. What turns out
 * larger goes one by one.
 */
export const MAX_MANY_BYTES = 64 * 1024;

/** A frame of many messages is to have about so many bytes: what a write has, less its neighbours. */
const PACKED_BYTES = 32 * 1024;
const MAX_PACKED = 1024;

/**
 * For a codec that packs many messages into one frame: as many frames as it takes, before they are joined. How many fit is
 * learnt from the frames before: one at first, then up to eight times as many as the last time.
 */
export function packingEncoder<Out>({ coder, syntax, envelope }: Stages<Out, unknown>) {
  if (syntax !== undefined || coder.encodeMany === undefined) return undefined;
  const encodeMany = coder.encodeMany.bind(coder);
  let count = 1;
  return pack;

  function pack(messages: readonly Out[]): Frame[] {
    const frames: Frame[] = [];
    for (let at = 0; at < messages.length; ) {
      const some = messages.slice(at, at + count);
      frames.push(...packed(some));
      at += some.length;
    }
    return frames;
  }

  function packed(messages: readonly Out[]): Frame[] {
    const wrapped = wrapEach(envelope, messages) as readonly Out[];
    const frame = encodeMany(wrapped);
    if (frame === undefined) return wrapped.map(message => coder.encode(message));
    const average = frame.length / messages.length;
    count = Math.floor(Math.max(1, Math.min(PACKED_BYTES / average, messages.length * 8, MAX_PACKED)));
    if (frame.length <= MAX_MANY_BYTES || messages.length === 1) return [frame];
    coder.unsent?.();
    return wrapped.map(message => coder.encode(message));
  }
}

/** Any codec in any envelope. */
function wrappingEncoder<Out>({ framing, coder, envelope }: Stages<Out, unknown>): (message: Out) => Frame {
  return message => framing.join(coder.encode(envelope.wrap(message) as Out));
}

/** JSON in an envelope that is JSON: concatenating costs half of what stringifying a wrapped object does. */
function textEncoder<Out>({ framing, coder, syntax, envelope }: Stages<Out, unknown>) {
  if (syntax !== 'json' || envelope.json === undefined || framing.delimiter === undefined) return undefined;
  const { before, after } = envelope.json;
  const behind = after + framing.delimiter;
  return (message: Out): Frame => {
    return `${before}${textOf(coder.encode(message))}${behind}`;
  };
}
