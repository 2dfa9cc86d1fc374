import type { IpcError } from '../errors.js';
import type { Handle, SendHandleOptions } from '../transport/handle.js';
import type { Arrival } from './arrival.js';
import type { SendCallback } from './channel.js';
import type { DelaySource } from './queue-delay.js';

/** What a link counts. */
export interface LinkCounters {
  /** Messages accepted for sending. */
  readonly sent: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly writes: number;
  readonly reads: number;
  readonly queuedBytes: number;
  readonly queuedBytesPeak: number;
}

/** Whom a link tells. */
export interface LinkListener<In> {
  /** Messages that came in together, and how many bytes they were; a message that has a handle comes alone. */
  onMessages(messages: readonly In[], bytes: number, arrival?: Arrival): void;
  /** Something that came in and could not be read. */
  onFailure(failure: IpcError): void;
  /** A handle that did not come, or that nobody took. */
  onHandleFailure(failure: IpcError): void;
  /** The peer has ended its side. */
  onEnd(): void;
  /** The link is dead. */
  onError(error: unknown): void;
  /** So many messages were handed on at once; 0: of many that are under way, one. */
  onProgress(messages: number): void;
  /** The queue fell to the low-water mark after `send` had returned false. */
  onDrain(): void;
}

/**
 * Messages out, messages in: what a channel needs to know of what is below it. A {@link framedLink} makes messages of
 * the bytes of a transport; where another owns the bytes, a link is made of whatever takes and gives messages there.
 */
export interface Link<Out, In> extends DelaySource {
  /** Begins to read. Called once, before anything else. */
  start(listener: LinkListener<In>): void;
  /** Takes a message or throws. False once the high-water mark is reached. */
  send(message: Out, callback?: SendCallback): boolean;
  /** Takes all or throws. */
  sendMany(messages: readonly Out[], callback?: SendCallback): boolean;
  /** Takes a message with a handle, or throws. Undefined where none can travel. */
  sendHandle?(message: Out, handle: Handle, options: SendHandleOptions, callback?: SendCallback): boolean;
  /** Resolves when `send` would return true. Rejects if the link fails first. */
  ready(): Promise<void>;
  /** Resolves when all that was taken has been handed on. Rejects if the link fails first. */
  flush(): Promise<void>;
  /** Tells whoever waits that it will not happen. Nothing is sent afterwards. */
  fail(error: Error): void;
  pause(): void;
  resume(): void;
  ref(): void;
  unref(): void;
  /** Nothing more will be sent. */
  end(): void;
  /** Takes the link down; the listener hears no more. */
  destroy(): void;
  counters(): LinkCounters;
}
