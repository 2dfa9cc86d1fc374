import { IpcError } from '../errors.js';
import { closeHandle, type Handle, received } from './handle.js';
import { guardNode, type LaneEnd, type NodeChannel } from './lane-end.js';
import type { OutgoingHandle } from './outgoing-handle.js';

/** A handle that has come, or news of one that never will. */
export interface ArrivedHandle {
  /** Handles are numbered from 1 in the order of `send`. */
  readonly id: number;
  /** Undefined if its sender had closed it meanwhile, or it got lost. */
  readonly handle: Handle | undefined;
  /** The system dropped it: this process had no descriptor left. */
  readonly dropped: boolean;
}

/** Whom a lane tells. */
export interface LaneListener {
  onHandle(arrived: ArrivedHandle): void;
  /** Nothing comes any more. */
  onEnd(): void;
}

/** What a lane is made of. */
export interface LaneOptions {
  /** Gives the end at once, or opens it now: a child does so when it first needs it. */
  readonly end: () => LaneEnd;
  /** Gives up an end that was never opened. */
  readonly discard?: () => void;
  /** Whether the other process is known to take handles. If not, it is given up on when it does not answer in time. */
  readonly peerKnown: boolean;
}

/** Told once: null when the other process has the handle. Otherwise it stays here. */
export type HandleSettled = (error: IpcError | null) => void;

interface Outgoing {
  readonly id: number;
  readonly handle: OutgoingHandle;
  readonly settled: HandleSettled;
}

interface Tag {
  readonly id?: number;
  readonly dropped?: true;
  readonly last?: true;
}

/**
 * Carries handles, one under way at a time, each acknowledged by Node on the other side.
 *
 * ```
 * state     | open()   | send()         | the peer's end, no answer in time, close()
 * unopened  | → open   | → open, queued | → closed
 * open      |          | queued         | → closed
 * closed    |          | refused        |
 * ```
 * It keeps the event loop alive only while handles are queued.
 */
export class HandleLane {
  readonly #options: LaneOptions;
  #listener: LaneListener | undefined;
  #timeoutMs = 0;
  #end: LaneEnd | undefined;
  #closed = false;
  #queue: Outgoing[] = [];
  #underWay: Outgoing | undefined;
  #timer: NodeJS.Timeout | undefined;
  #answered: boolean;
  #trusted = false;
  #paused = false;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#answered = options.peerKnown;
  }

  /** Handles that the other process does not have yet. */
  get queued(): number {
    return this.#queue.length + (this.#underWay === undefined ? 0 : 1);
  }

  start(listener: LaneListener, timeoutMs: number): void {
    this.#listener = listener;
    this.#timeoutMs = timeoutMs;
  }

  /** Takes what has come so far and will come. */
  open(): void {
    if (this.#end === undefined && !this.#closed) this.#open();
  }

  send(id: number, handle: OutgoingHandle, settled: HandleSettled): void {
    this.open();
    if (this.#closed) {
      fail({ id, handle, settled }, undelivered('the lane for handles is closed'));
      return;
    }
    this.#queue.push({ id, handle, settled });
    if (this.queued === 1) this.#end?.channel.channel?.ref();
    this.#sendNext();
  }

  /** The process exits: what is queued, and `more`, goes out without an answer, as far as the kernel takes it. */
  drainAtExit(more: Iterable<readonly [id: number, handle: OutgoingHandle]>): void {
    const queued = this.#queue.map(({ id, handle }) => [id, handle] as const);
    this.#queue = [];
    for (const [id, handle] of [...queued, ...more]) {
      this.open();
      const channel = this.#end?.channel;
      if (channel === undefined || this.#closed) return;
      channel._handleQueue = null;
      channel._pendingMessage = null;
      handle.send(channel, { id, last: true });
    }
  }

  /** Leaves what comes in the kernel: its sender then waits. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#end?.pipe.readStop();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#closed) this.#end?.pipe.readStart();
  }

  /** What is queued stays here. */
  close(why = 'the channel has ended'): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    const { channel, pipe } = this.#end ?? {};
    if (channel === undefined) this.#options.discard?.();
    else {
      channel.connected = false;
      pipe?.readStop();
      // What Node has read hands itself on in this tick.
      setImmediate(() => {
        channel.channel = null;
        pipe?.close();
        channel.emit('disconnect');
        channel.emit('exit'); // whoever counts the connections of a server asks here no more
      });
    }
    const left = this.#underWay === undefined ? this.#queue : [this.#underWay, ...this.#queue];
    this.#underWay = undefined;
    this.#queue = [];
    for (const outgoing of left) fail(outgoing, undelivered(why));
    this.#listener?.onEnd();
  }

  #open(): void {
    const end = this.#options.end();
    const { channel } = end;
    this.#end = end;
    guardNode(end, why => this.close(why));
    const send = channel._send;
    // After the end, Node would still acknowledge what it has read, and fail on an assertion.
    channel._send = (...args) => channel.channel !== null && send.apply(channel, args);
    channel.disconnect = () => this.close('the other process has closed the lane for handles, or died');
    channel.prependListener('internalMessage', message => this.#channelOnInternal(channel, message));
    channel.on('message', (tag, handle) => this.#channelOnMessage(channel, tag, received(handle)));
    channel.on('error', () => {}); // a write to a peer that is gone: its end of file comes as well
    channel.channel?.unref();
    if (this.#paused) end.pipe.readStop();
  }

  #sendNext(): void {
    while (this.#underWay === undefined && !this.#closed) {
      const next = this.#queue.shift();
      const channel = this.#end?.channel;
      if (next === undefined || channel === undefined) break;
      this.#underWay = next;
      if (next.handle.send(channel, { id: next.id })) this.#awaitAnswer();
      else this.#settle(null); // closed while it waited: its message has arrived without it, as in Node
    }
    if (this.queued === 0) this.#end?.channel.channel?.unref();
  }

  #awaitAnswer(): void {
    if (this.#answered || this.#timer !== undefined) return;
    const why = `the other process has not taken a handle within ${this.#timeoutMs} ms`;
    this.#timer = setTimeout(() => this.close(why), this.#timeoutMs);
  }

  #settle(error: IpcError | null): void {
    const outgoing = this.#underWay;
    if (outgoing === undefined) return;
    this.#underWay = undefined;
    if (error === null) process.nextTick(outgoing.settled, null);
    else fail(outgoing, error);
  }

  #channelOnInternal(channel: NodeChannel, { cmd }: { readonly cmd: string }): void {
    if (cmd !== 'NODE_HANDLE_ACK' && cmd !== 'NODE_HANDLE_NACK') return;
    this.#answered = true;
    clearTimeout(this.#timer);
    const outgoing = this.#underWay;
    if (cmd === 'NODE_HANDLE_ACK') {
      outgoing?.handle.arrived();
      this.#settle(null);
    } else {
      channel._pendingMessage = null; // or Node sends it again, and again into the same lack of descriptors
      this.#settle(undelivered('the other process had no descriptor left for it'));
      if (outgoing !== undefined)
        process.nextTick(() => channel._send({ id: outgoing.id, dropped: true }, null, true));
    }
    process.nextTick(() => this.#sendNext()); // once Node has seen it, too
  }

  #channelOnMessage(channel: NodeChannel, tag: Tag | null, handle: Handle | undefined): void {
    const id = tag?.id;
    if (typeof id !== 'number') {
      if (handle !== undefined) closeHandle(handle);
      return;
    }
    const arrived = { id, handle, dropped: tag?.dropped === true };
    if (this.#trusted || handle === undefined || this.#closed || tag?.last) this.#deliver(arrived);
    // A sender that has given up on us keeps its handle. Whether it has shows when we answer it the first time.
    else channel._send({ taken: true }, null, {}, (error: Error | null) => this.#onTaken(arrived, error));
  }

  #onTaken(arrived: ArrivedHandle, error: Error | null): void {
    this.#trusted = error === null;
    if (this.#trusted) this.#deliver(arrived);
    else if (arrived.handle !== undefined) closeHandle(arrived.handle);
  }

  #deliver(arrived: ArrivedHandle): void {
    if (this.#closed && arrived.handle !== undefined) closeHandle(arrived.handle);
    else this.#listener?.onHandle(arrived);
  }
}

function fail({ handle, settled }: Outgoing, error: IpcError): void {
  handle.restore();
  process.nextTick(settled, error);
}

/** What the sender of a handle is told that it keeps. */
export function undelivered(why: string): IpcError {
  return new IpcError(
    'ERR_HANDLE_UNDELIVERED',
    `The handle was not delivered: ${why}. It is still open in this process: use it here, send it elsewhere, or close it.`,
  );
}
