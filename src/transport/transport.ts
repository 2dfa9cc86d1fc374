import type { Subscribable } from '../rx.js';

/**
 * Bytes in, bytes out. Knows no message. What a channel stands on; `open()` takes one of your own.
 *
 * The channel subscribes to `bytes$` once and has at most one `write` under way, so a transport needs no queue.
 *
 * @example
 * function loopback(): Transport {
 *   const bytes$ = new Subject<Uint8Array>();
 *   return {
 *     bytes$,
 *     write(batch, taken) {
 *       setImmediate(() => (bytes$.next(Buffer.from(batch)), taken()));
 *       return false;
 *     },
 *     end: () => setImmediate(() => bytes$.complete()),
 *     destroy: () => bytes$.complete(),
 *     pause() {}, resume() {}, ref() {}, unref() {},
 *   };
 * }
 * const channel = open(loopback());
 */
export interface Transport {
  /**
   * An Observable, or what can be subscribed to like one: chunks as they come, each only lent: its memory may be read into again once the subscriber returns. Completes when the
   * peer has ended its side, errors when the link broke.
   */
  readonly bytes$: Subscribable<Uint8Array>;
  /**
   * Writes a batch of frames: bytes, or a short text to be written as UTF-8.
   *
   * Returns true if the kernel (or whoever is next) has it already, and then its memory is used again. Otherwise the batch
   * belongs to the transport, which calls `taken` exactly once: with nothing when it has it, with the error when it never
   * will. `free`: nobody looks at the batch any more, so that its memory may be used again; without it, it is not.
   */
  write(batch: string | Uint8Array, taken: Taken): boolean;
  /**
   * More stands ready while a write is under way: tries that write once more. Returns true if the kernel has it now, as
   * `write` does; then `taken` is not called for it. Optional: worth having where a caller sends in a loop that never waits,
   * for until it ends the event loop cannot tell that the kernel has room again.
   */
  retry?(): boolean;
  /**
   * Before each read, `room` tells where to read to; undefined: wherever the transport likes. A chunk that was read there is
   * pushed as it lies there, and before `room` is asked again. Optional: it spares long frames a copy.
   */
  readInto?(room: () => Uint8Array | undefined): void;
  /** Stops reading. A chunk that is already on its way may still come. */
  pause(): void;
  /** Goes on reading. */
  resume(): void;
  /** Keeps the event loop alive while the link is open. */
  ref(): void;
  /** Lets the event loop end while the link is open. */
  unref(): void;
  /** Nothing more will be written: tells the peer so. The peer may go on sending. */
  end(): void;
  /**
   * The process exits: writes what is left of the batch under way, then the others, without the event loop, in steps: each
   * writes what the peer has room for. Ends when there is no more to write, or nobody to read it. Between two steps others
   * have theirs; when `exitDrainMs` is over there is no further one. Optional: without it, what is queued at
   * `process.exit()` is lost.
   */
  drainSync?(
    underWay: string | Uint8Array | undefined,
    queued: Iterable<string | Uint8Array>,
  ): Iterator<unknown>;
  /** Drops the link now. `bytes$` completes, or errors with the reason. May be called twice. */
  destroy(reason?: Error): void;
}

/** The answer to a write; see {@link Transport.write}. */
export type Taken = (error?: Error | null, free?: boolean) => void;
