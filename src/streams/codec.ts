import type { Envelope } from './envelope.js';
import type { Frame, Framing } from './framing.js';

/**
 * A message to a frame and back.
 *
 * `create` is called once per channel, so a codec may keep state there (shared record shapes, a dictionary).
 *
 * @example
 * const csv: Codec<string[], string[]> = {
 *   name: 'csv',
 *   framing: lines(),
 *   create: () => ({
 *     encode: row => row.join(','),
 *     decode: frame => String(frame).split(','),
 *   }),
 * };
 * const [a, b] = pair({ codec: csv, envelope: bare() });
 */
export interface Codec<Out = unknown, In = unknown> {
  /** Shown in errors; what two ends compare. */
  readonly name: string;
  /** The framing used where the channel names none. */
  readonly framing: Framing;
  /** The envelope used where the channel names none. Default `deka()`. */
  readonly envelope?: Envelope;
  /**
   * `'json'` says that every frame is one JSON text without line breaks. An envelope may then be put around it as
   * text, which is twice as fast as encoding a wrapped object.
   */
  readonly syntax?: 'json';
  /** One channel's coder. */
  create(): Coder<Out, In>;
}

/**
 * The two functions of a {@link Codec}, with the state of one channel. The others are for codecs that put many messages
 * into one frame (`encodeMany`, `decodeMany`; a side that lacks one does not send such frames, or takes none), and for
 * those whose frames refer to earlier ones (`unsent` and `missed`). `check` sees every message that arrives.
 */
export interface Coder<Out, In> {
  /** Message to frame. What it throws reaches the caller of `send`. */
  encode(message: Out): Frame;
  /**
   * Many messages as one frame, where that costs less than a frame for each: for `syntax: 'json'` a JSON array, for any
   * other codec a frame that `decodeMany` tells from those of `encode`. `sendMany` asks for it, with as many at a time as
   * make a frame of some 32 KiB. Undefined if these must be encoded one by one.
   */
  encodeMany?(messages: readonly Out[]): Frame | undefined;
  /**
   * True: `encode` is `JSON.stringify` and `decode` is `JSON.parse`, with nothing beside them. A channel may then write and
   * read otherwise what comes to the same.
   */
  readonly plain?: boolean;
  /**
   * For codecs whose frames can stand behind one another: what is sent one by one and leaves in one write then becomes one
   * frame, which `decodeMany` reads. Needs a framing with a `header`.
   */
  readonly joining?: FrameJoining<Out>;
  /** Frame to message. What it throws goes to `failures$` as `ERR_DECODE`. */
  decode(frame: Frame): In;
  /**
   * What `encodeMany` made, as messages again. Undefined for a frame that `encode` made, which `decode` then gets: such a
   * codec has no `syntax`, and tells the two apart by itself. What it throws goes to `failures$` as `ERR_DECODE`, once
   * for the frame. Without it the channel takes no batches.
   */
  decodeMany?(frame: Frame): readonly In[] | undefined;
  /**
   * A message that has arrived, taken out of its envelope: returns it, or throws to refuse it. What {@link validated} adds.
   */
  check?(message: In): In;
  /**
   * What was encoded last will not be sent after all, or could not be encoded: the peer learns nothing of what those frames
   * would have taught.
   */
  unsent?(): void;
  /** A frame was lost on its way in: what it taught is missing. Not called for one that `decode` threw at. */
  missed?(): void;
}

/** How a {@link Coder} joins messages that are encoded one by one. */
export interface FrameJoining<Out> {
  /**
   * Message to frame, as `encode` does it, in memory that is lent until the next call. Undefined for one whose frame has to
   * stand alone: it is encoded by `encode` then.
   */
  encode(message: Out): LentFrame | undefined;
  /** What stands before `count` such frames (one at least) to make them one frame: 16 bytes at most. */
  head(count: number): Uint8Array;
}

/** A frame that lies somewhere in memory of others: the bytes from `start` to before `end`. */
export interface LentFrame {
  readonly memory: Uint8Array;
  readonly start: number;
  readonly end: number;
}
