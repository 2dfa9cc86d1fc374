import type { IpcError } from '../errors.js';

/** One frame: what a codec made of one message. A string for text framings, bytes for binary ones. */
export type Frame = string | Uint8Array;

/** A frame longer than this many bytes is refused unless `maxFrameBytes` says otherwise: 256 MiB. */
export const DEFAULT_MAX_FRAME_BYTES = 256 * 1024 * 1024;

/** Limits that a {@link Splitter} keeps. */
export interface FrameLimits {
  /** The longest frame let through, in bytes without its delimiter or header. */
  readonly maxFrameBytes: number;
}

/**
 * Where one frame ends and the next begins. Pure: no I/O, no timers; every direction of every channel gets a
 * splitter of its own.
 *
 * @example
 * const framing = lines();
 * const splitter = framing.splitter({ maxFrameBytes: 1024 });
 * splitter.push(Buffer.from('one\ntw')); // ['one']
 * splitter.push(Buffer.from('o\n'));     // ['two']
 * framing.join('three');                 // 'three\n'
 */
export interface Framing {
  /** For people: nothing is decided by it. */
  readonly name: string;
  /** What its frames are: strings or bytes. */
  readonly kind: 'text' | 'binary';
  /** A fresh splitter, with state of its own. */
  splitter(limits: FrameLimits): Splitter;
  /** One frame as it stands on the wire. Throws `ERR_ENCODE` for a frame that this framing cannot carry. */
  join(frame: Frame): Frame;
  /**
   * For a text framing that does no more than put this behind each frame. A codec whose frames are known not to
   * contain it (`syntax: 'json'`) then spares the check in `join`, a tenth of what a small message costs.
   */
  readonly delimiter?: string;
  /** For a binary framing that does no more than put this before each frame. A codec's frames may then be joined. */
  readonly header?: FrameHeader;
}

/** What stands before a frame. */
export interface FrameHeader {
  /** How long it is. */
  readonly bytes: number;
  /** The longest frame that it can stand before, in bytes. */
  readonly longest: number;
  /** Writes the header of a frame of `length` bytes, from `at` on. */
  write(into: Uint8Array, at: number, length: number): void;
}

/** Takes chunks however they were cut, gives back whole frames. Linear in the bytes it is fed. */
export interface Splitter {
  /**
   * Feeds a chunk and returns the frames that are whole now, in order. A frame that had to be dropped stands in its
   * place as an `IpcError` (`ERR_FRAME_TOO_LARGE`, `ERR_DECODE`); the next one is found all the same. If nothing tells
   * where the next one begins, the last item is an `ERR_FRAMING_LOST`, which ends the channel, and every later call
   * returns nothing. The chunk is not kept: its memory may be reused after the call.
   */
  push(chunk: Uint8Array): readonly (Frame | IpcError)[];
  /**
   * Where the next chunk may be read to, if a long frame is to be spared a copy: the splitter knows by its place that such a
   * chunk is there already. Holds until the next `push`. Undefined while any place is as good.
   */
  room?(): Uint8Array | undefined;
  /** The link has ended. An `ERR_DECODE` if it ended inside a frame. */
  end(): IpcError | undefined;
}
