import { IpcError } from '../errors.js';
import { ChunkFailures } from './chunk-failures.js';
import { ChunkMessages } from './chunk-messages.js';
import { frameDecoder, longestFrame } from './frame-decoder.js';
import type { Frame } from './framing.js';
import type { Stages } from './outbound.js';

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
  const decode = frameDecoder(stages, maxFrameBytes, features => {
    announced = features;
  });
  let underMark = false; // the mark may have ended the chunk before
  return { push, room: splitter.room?.bind(splitter), end: () => splitter.end() };

  function push(chunk: Uint8Array): Received<In> {
    const messages = new ChunkMessages<In>();
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
    return {
      messages: messages.all,
      failures: failed,
      announced,
      marked: marked.length > 0 ? marked : undefined,
    };
  }

  function take(
    frame: Frame | IpcError,
    messages: ChunkMessages<In>,
    failures: ChunkFailures,
    marked: number[],
  ): void {
    const before = messages.count;
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
    if (underMark) marked.push(messages.count === before ? -1 : messages.count - 1);
    underMark = false;
  }

  function decoded(frame: Frame): readonly In[] {
    const messages = new ChunkMessages<In>();
    decode(frame, messages);
    return messages.all;
  }

  /** Of many messages in a frame, one may be refused and its neighbours not. */
  function checkInto(message: In, messages: ChunkMessages<In>, failures: ChunkFailures): void {
    try {
      messages.add(check === undefined ? message : check(message));
    } catch (thrown) {
      failures.add(thrown);
    }
  }
}

function isSame(frame: Frame | IpcError, mark: Uint8Array): boolean {
  if (frame instanceof IpcError) return false;
  return frame.length === mark.length && Buffer.from(frame as string).equals(mark);
}

/** Whether nothing that comes behind this failure can be read. */
export function isFinal({ code }: IpcError): boolean {
  return code === 'ERR_FRAMING_LOST' || code === 'ERR_CODEC_MISMATCH';
}
