import { IpcError } from '../errors.js';
import type { Handle } from '../transport/handle.js';
import type { ArrivedHandle, HandleLane } from '../transport/handle-lane.js';
import { Arrival } from './arrival.js';
import { INTAKE_HIGH_WATER_BYTES } from './intake.js';
import type { LinkListener } from './link.js';

/** So many handles may be here whose messages are not delivered; then the lane rests. */
const HANDLES_HERE = 64;

interface Step<In> {
  readonly messages: readonly In[];
  readonly bytes: number;
  /** The number of the handle it waits for. */
  readonly id: number | undefined;
}

/** Starts and stops reading. */
interface Reading {
  pause(): void;
  resume(): void;
}

/**
 * Brings messages and handles together, in the order in which they were sent. The n-th mark belongs to the n-th handle.
 *
 * ```
 * the first step | its handle has come    | has not              | never will, or handleTimeoutMs is over
 * plain          | handed on              |                      |
 * marked         | handed on with it      | all behind it waits  | reported, handed on without
 * ```
 */
export class HandleOrder<In> {
  readonly #lane: HandleLane;
  readonly #timeoutMs: number;
  #listener: LinkListener<In> | undefined;
  #reading: Reading | undefined;
  #marked: readonly number[] = [];
  #steps: Step<In>[] = [];
  #stepsBytes = 0;
  #lastMark = 0;
  #lastHandle = 0;
  #laneEnded = false;
  readonly #here = new Map<number, ArrivedHandle>();
  #timer: NodeJS.Timeout | undefined;
  #ending: (() => void) | undefined;
  #handingOn = false;
  #wanted = true;
  #resting = false;

  constructor(lane: HandleLane, timeoutMs: number) {
    this.#lane = lane;
    this.#timeoutMs = timeoutMs;
  }

  /** Stands between a link and its listener. */
  between(listener: LinkListener<In>, reading: Reading): LinkListener<In> {
    this.#listener = listener;
    this.#reading = reading;
    this.#lane.start(
      { onHandle: arrived => this.#laneOnHandle(arrived), onEnd: () => this.#laneOnEnd() },
      this.#timeoutMs,
    );
    return {
      ...listener,
      onMessages: (messages, bytes) => this.#linkOnMessages(messages, bytes),
      onEnd: () => this.#endWith(() => listener.onEnd()),
      onError: error => this.#endWith(() => listener.onError(error)),
    };
  }

  /** Told before the messages it speaks of. */
  marked(marked: readonly number[]): void {
    this.#marked = marked;
    this.#lane.open();
  }

  pause(): void {
    this.#wanted = false;
    this.#regulate();
  }

  resume(): void {
    this.#wanted = true;
    this.#regulate();
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#ending = undefined;
    this.#steps = [];
    for (const { handle } of this.#here.values()) this.#arrival(handle)?.settle();
    this.#here.clear();
  }

  #linkOnMessages(messages: readonly In[], bytes: number): void {
    if (this.#steps.length === 0 && this.#marked.length === 0) {
      this.#listener?.onMessages(messages, bytes);
      return;
    }
    this.#steps.push(...this.#stepsOf(messages, bytes));
    this.#stepsBytes += bytes;
    this.#marked = [];
    this.#handOn();
    this.#regulate();
  }

  /** A step for each marked message, and one for each run of others between them. The bytes go with the last. */
  #stepsOf(messages: readonly In[], bytes: number): Step<In>[] {
    const steps: Step<In>[] = [];
    let at = 0;
    for (const index of this.#marked) {
      this.#lastMark += 1;
      const end = index === -1 ? at : index;
      if (end > at) steps.push({ messages: messages.slice(at, end), bytes: 0, id: undefined });
      steps.push({ messages: messages.slice(end, index + 1), bytes: 0, id: this.#lastMark });
      at = Math.max(at, index + 1);
    }
    if (at < messages.length) steps.push({ messages: messages.slice(at), bytes: 0, id: undefined });
    const last = steps.pop() ?? { messages, id: undefined };
    return [...steps, { ...last, bytes }];
  }

  #laneOnHandle(arrived: ArrivedHandle): void {
    if (arrived.id <= this.#lastHandle) {
      this.#arrival(arrived.handle)?.settle(); // no peer of ours sends a number twice
      return;
    }
    this.#lastHandle = arrived.id;
    this.#here.set(arrived.id, arrived);
    this.#handOn();
    this.#regulate();
  }

  #laneOnEnd(): void {
    this.#laneEnded = true;
    this.#handOn();
  }

  #endWith(end: () => void): void {
    this.#ending = end;
    this.#handOn();
  }

  #handOn(): void {
    if (this.#handingOn) return; // a listener's own doing: the loop below goes on with it
    this.#handingOn = true;
    this.#handOnSettled();
    this.#handingOn = false;
    if (this.#steps.length > 0) return;
    const end = this.#ending;
    this.#ending = undefined;
    end?.();
  }

  #handOnSettled(): void {
    for (let step = this.#steps[0]; step !== undefined; step = this.#steps[0]) {
      const { id, messages, bytes } = step;
      if (id !== undefined && !this.#settledFor(id)) {
        this.#timer ??= setTimeout(() => this.#timeOut(id), this.#timeoutMs);
        return;
      }
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#steps.shift();
      this.#stepsBytes -= bytes;
      this.#listener?.onMessages(messages, bytes, id === undefined ? undefined : this.#take(id, messages));
    }
  }

  /** Handles come in order: a later one says that an earlier one never will. */
  #settledFor(id: number): boolean {
    return this.#laneEnded || this.#lastHandle >= id;
  }

  #take(id: number, messages: readonly In[]): Arrival | undefined {
    const arrived = this.#here.get(id);
    this.#here.delete(id);
    if (arrived === undefined) this.#report('its sender, or the lane between, ended before it came');
    else if (arrived.dropped) this.#report('this process had no descriptor left for it (ulimit -n)');
    const arrival = this.#arrival(arrived?.handle);
    if (messages.length === 0) arrival?.settle(); // its message could not be read
    this.#regulate();
    return arrival;
  }

  #timeOut(id: number): void {
    this.#timer = undefined;
    this.#lastHandle = Math.max(this.#lastHandle, id);
    this.#here.set(id, { id, handle: undefined, dropped: false });
    this.#report(`it did not come within ${this.#timeoutMs} ms`);
    this.#handOn();
    this.#regulate();
  }

  #arrival(handle: Handle | undefined): Arrival | undefined {
    if (handle === undefined) return undefined;
    return new Arrival(handle, failure => this.#listener?.onHandleFailure(failure));
  }

  #report(why: string): void {
    const text = `A message came without its handle: ${why}. The message is delivered alone.`;
    this.#listener?.onHandleFailure(new IpcError('ERR_HANDLE_UNDELIVERED', text));
  }

  #regulate(): void {
    const resting = !this.#wanted || this.#stepsBytes >= INTAKE_HIGH_WATER_BYTES;
    if (resting) this.#reading?.pause();
    else if (this.#resting) this.#reading?.resume();
    this.#resting = resting;
    if (this.#here.size < HANDLES_HERE) this.#lane.resume();
    else this.#lane.pause();
  }
}
