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
  /** Frame to message. What it throws goes to `failures$` as `ERR_DECODE`. */
  decode(frame: Frame): In;
}
