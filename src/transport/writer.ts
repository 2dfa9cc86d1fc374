import { IpcError, reasonOf } from '../errors.js';
import { type Joint, type Piece, sizeOf } from '../joint.js';
import { type Drain, type Drainable, holdsFrames, holdsNothing } from './exit-drain.js';
import { FlushPolicy, type Written } from './flush-policy.js';
import type { Batch, Settle } from './open-batch.js';
import type { Transport } from './transport.js';
import { BYTES_PER_TURN, TurnBudget } from './turn-budget.js';
import { Waiters } from './waiters.js';
import { FRAME_CHARGE_BYTES, WriteQueue } from './write-queue.js';

/** Marks of the send queue, in bytes. */
export interface WriterLimits {
  readonly highWaterMarkBytes: number;
  readonly lowWaterMarkBytes: number;
  readonly maxQueueBytes: number;
  readonly maxBatchBytes: number;
  /** How long an exiting process waits for a peer that does not read, in milliseconds; 0: drops what is queued. */
  readonly exitDrainMs: number;
}

/** Whom the writer tells. */
export interface WriterListener {
  /** The transport took a batch of so many frames. */
  onTaken(frames: number): void;
  /** The queue fell to the low-water mark after `push` had returned false. */
  onDrain(): void;
  /** The transport did not take a batch: the link is dead. */
  onWriteError(error: Error): void;
}

/** The way from a joined frame to the transport: queue, marks, one write at a time, and who is told when. */
export class Writer implements Drainable {
  readonly #transport: Transport;
  readonly #limits: WriterLimits;
  readonly #listener: WriterListener;
  readonly #queue: WriteQueue;
  readonly #policy: FlushPolicy;
  readonly #turn = new TurnBudget(BYTES_PER_TURN, () => this.#tellDrained());
  #underWay: Batch | undefined;
  #underWayWeight = 0; // kept, not asked for: see #weigh
  #recordDelay: ((delayMs: number) => void) | undefined;
  #blocked = false;
  #failed: Error | undefined;
  #accepted = 0;
  #settled = 0;
  readonly #waiters = new Waiters();

  /** Batches handed to the transport. */
  writes = 0;
  /** Bytes handed to the transport. */
  bytesWritten = 0;
  /** The most the queue ever weighed, in bytes. */
  peakBytes = 0;

  /** @param prompt whether the first few frames of a tick are written before `push` returns. */
  constructor(transport: Transport, limits: WriterLimits, listener: WriterListener, prompt = false) {
    this.#transport = transport;
    this.#limits = limits;
    this.#listener = listener;
    this.#queue = new WriteQueue(limits.maxBatchBytes);
    this.#policy = new FlushPolicy(
      () => this.#writeNext(),
      () => this.#retry(),
      prompt,
    );
  }

  /** How what is pushed is put together from now on. */
  set joint(joint: Joint) {
    this.#queue.joint = joint;
  }

  /** From now on told of each batch that is taken, how long its oldest frame has waited since it was pushed. */
  recordDelays(record: (delayMs: number) => void): void {
    this.#recordDelay = record;
    this.#queue.clock = () => performance.now();
  }

  /** Bytes accepted and not yet taken by the transport. */
  get queuedBytes(): number {
    return this.#queue.bytes + (this.#underWay?.bytes ?? 0);
  }

  /** Whether `push` would return true for a small piece. */
  get hasRoom(): boolean {
    return !this.#blocked;
  }

  /** Queues a piece of `frames` joined frames. False once the high-water mark is reached. Throws `ERR_QUEUE_FULL`. */
  push(piece: Piece, frames: number, settle?: Settle): boolean {
    if (this.#failed !== undefined) return refuse(this.#failed, settle);
    const size = sizeOf(piece) + frames * FRAME_CHARGE_BYTES;
    if (this.#weigh() + size > this.#limits.maxQueueBytes) throw queueFull(this.#limits.maxQueueBytes, size);
    const idle = this.#accepted === this.#settled;
    this.#accepted += frames;
    this.#queue.push(piece, frames, settle);
    if (idle) holdsFrames(this);
    const weight = this.#weigh();
    if (weight > this.peakBytes) this.peakBytes = weight;
    this.#policy.pushed(this.#queue.full);
    this.#blocked ||= this.#turn.spent || this.#weigh() >= this.#limits.highWaterMarkBytes;
    return !this.#blocked;
  }

  /** Resolves when `push` would return true. Rejects if the link fails first. */
  ready(): Promise<void> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    if (!this.#blocked) return Promise.resolve();
    return this.#waiters.room();
  }

  /** Resolves when all that was accepted so far has been taken. Rejects if the link fails first. */
  flush(): Promise<void> {
    const upTo = this.#accepted;
    if (this.#settled >= upTo) return Promise.resolve();
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    return this.#waiters.flushed(upTo);
  }

  /** Gives up on all that is queued: whoever waits for it gets the error. Nothing may be pushed afterwards. */
  fail(error: Error): void {
    if (this.#failed !== undefined) return;
    this.#failed = error;
    holdsNothing(this);
    settle(this.#underWay, error);
    this.#setUnderWay(undefined);
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift())
      settle(batch, error);
    this.#waiters.reject(error);
  }

  drainAtExit(): Drain | undefined {
    const { exitDrainMs } = this.#limits;
    if (exitDrainMs === 0) return;
    const underWay = this.#underWay;
    this.#setUnderWay(undefined);
    const queued = Array.from(this.#rest(), batch => batch.data);
    this.#settled = this.#accepted;
    const steps = this.#transport.drainSync?.(underWay?.data, queued);
    return steps && { steps, withinMs: exitDrainMs };
  }

  *#rest(): Generator<Batch> {
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) yield batch;
  }

  // No getter: to V8 a private one is a call into its runtime, and each message comes by here three times. No branch: what
  // is compiled before the first write that the kernel does not take at once would be thrown away by it.
  #weigh(): number {
    return this.#queue.weight + this.#underWayWeight;
  }

  #setUnderWay(batch: Batch | undefined): void {
    this.#underWay = batch;
    this.#underWayWeight = batch === undefined ? 0 : batch.bytes + batch.frames * FRAME_CHARGE_BYTES;
  }

  #writeNext(): Written {
    const batch = this.#queue.shift();
    if (batch === undefined) return 'nothing';
    this.#setUnderWay(batch);
    this.writes += 1;
    this.bytesWritten += batch.bytes;
    this.#turn.spend(batch.bytes);
    return this.#write(batch) ? this.#takenAtOnce(batch) : 'under way';
  }

  #retry(): Written {
    const batch = this.#underWay;
    return batch !== undefined && this.#transport.retry?.() === true ? this.#takenAtOnce(batch) : 'under way';
  }

  #takenAtOnce(batch: Batch): Written {
    this.#queue.release(batch);
    this.#settle(batch);
    // Not at once: this may be inside a send, whose caller does not yet know that it returned false.
    if (this.#blocked || this.#waiters.anyForFlush) process.nextTick(() => this.#tell());
    return this.#queue.empty ? 'nothing' : 'more';
  }

  #write(batch: Batch): boolean {
    let synchronous = true;
    const taken = (error?: Error | null, free = false) => {
      // A transport that calls back inside write() must not recurse once per batch.
      if (synchronous) process.nextTick(() => this.#onTaken(batch, error, free));
      else this.#onTaken(batch, error, free);
    };
    try {
      return this.#transport.write(batch.data, taken);
    } catch (thrown) {
      taken(thrown instanceof Error ? thrown : new Error(reasonOf(thrown)));
      return false;
    } finally {
      synchronous = false;
    }
  }

  #onTaken(batch: Batch, error: Error | null | undefined, free: boolean): void {
    if (this.#underWay !== batch) return; // failed meanwhile: everyone was told
    if (error) {
      this.#listener.onWriteError(error);
      return;
    }
    if (free) this.#queue.release(batch);
    this.#settle(batch);
    this.#policy.taken(!this.#queue.empty);
    this.#tell();
  }

  #settle(batch: Batch): void {
    this.#setUnderWay(undefined);
    this.#settled += batch.frames;
    if (this.#settled === this.#accepted) holdsNothing(this);
    if (batch.pushedAt !== undefined) this.#recordDelay?.(performance.now() - batch.pushedAt);
    settle(batch, null);
    this.#listener.onTaken(batch.frames);
  }

  #tell(): void {
    this.#waiters.tellFlushed(this.#settled);
    this.#tellDrained();
  }

  #tellDrained(): void {
    if (this.#failed !== undefined) return;
    if (!this.#blocked || this.#turn.spent || this.#weigh() > this.#limits.lowWaterMarkBytes) return;
    this.#blocked = false;
    this.#waiters.tellRoom();
    this.#listener.onDrain();
  }
}

/** The channel was destroyed inside the encoding of this very message. */
function refuse(error: Error, settle: Settle | undefined): false {
  if (settle !== undefined) process.nextTick(settle, error);
  return false;
}

/** Each callback on a tick of its own: one that throws must not keep the next from being called. */
function settle(batch: Batch | undefined, error: Error | null): void {
  for (const callback of batch?.settles ?? []) process.nextTick(callback, error);
}

function queueFull(maxQueueBytes: number, size: number): IpcError {
  return new IpcError(
    'ERR_QUEUE_FULL',
    `${size} more bytes would take the send queue past maxQueueBytes (${maxQueueBytes}); nothing was queued. ` +
      'Wait for ready() or drain$ when send() returns false, or raise maxQueueBytes.',
  );
}
