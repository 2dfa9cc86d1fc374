import type { Arrival } from './arrival.js';

/** What the intake tells the rest of the channel. */
export interface IntakeListener {
  /** Read on, or rest. Rest is repeated with each chunk: Node itself resumes the stdio of a child that has exited. */
  onDemand(reading: boolean): void;
  /** The first consumer came, or the last one left. */
  onConsumers(any: boolean): void;
  /** A consumer that keeps messages has used one. */
  onConsumed(): void;
}

/** Takes messages one by one, or batches. The iterator and each subscriber of `messages$`, or of `batches$`, is one. */
export interface Consumer<In> {
  next(message: In): void;
  complete(): void;
}

/** What came in together. */
export interface Batch<In> {
  readonly messages: readonly In[];
  readonly bytes: number;
  /** The handle that came with it; then it is one message. */
  readonly arrival?: Arrival | undefined;
}
