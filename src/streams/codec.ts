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
  /**
   * `'json'` says that every frame is one JSON text without line breaks. An envelope may then be put around it as
   * text, which is twice as fast as encoding a wrapped object.
   */
  readonly syntax?: 'json';
  /** One channel's coder. */
  create(): Coder<Out, In>;
}

/** The two functions of a {@link Codec}, with the state of one channel. */
export interface Coder<Out, In> {
  /** Message to frame. What it throws reaches the caller of `send`. */
  encode(message: Out): Frame;
  /** Many messages as one frame, for `syntax: 'json'` a JSON array. Undefined if these must be encoded one by one. */
  encodeMany?(messages: readonly Out[]): Frame | undefined;
  /** Frame to message. What it throws goes to `failures$` as `ERR_DECODE`. */
  decode(frame: Frame): In;
  /**
   * What a peer's `encodeMany` made, as messages again. Without it the channel takes no batches. A codec that wraps
   * another must not pass on that one's `decodeMany` if it is to see each message.
   */
  decodeMany?(frame: Frame): readonly In[];
}
