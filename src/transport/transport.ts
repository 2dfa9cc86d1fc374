import type { Observable } from '../rx.js';

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
 *     write: (bytes, taken) => setImmediate(() => (bytes$.next(bytes), taken())),
 *     end: () => setImmediate(() => bytes$.complete()),
 *     destroy: () => bytes$.complete(),
 *     pause() {}, resume() {}, ref() {}, unref() {},
 *   };
 * }
 * const channel = open(loopback());
 */
export interface Transport {
  /** Chunks as they come. Completes when the peer has ended its side, errors when the link broke. */
  readonly bytes$: Observable<Uint8Array>;
  /**
   * Writes a batch of frames. Calls `taken` exactly once: with nothing when the kernel (or whoever is next) has the
   * bytes, with the error when it will never have them. The bytes belong to the transport from here on.
   */
  write(bytes: Uint8Array, taken: (error?: Error | null) => void): void;
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
  /** Drops the link now. `bytes$` completes, or errors with the reason. May be called twice. */
  destroy(reason?: Error): void;
}
