import { AsyncResource } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import type { Channel, SendCallback } from '../channel/channel.js';
import { handleRefusal, isInternal } from '../channel/node-wire.js';
import type { Handle } from '../transport/handle.js';
import { Control } from './control.js';
import { sendHandle, WithHandle } from './handles.js';
import {
  channelClosedError,
  disconnectedError,
  invalidHandleError,
  invalidTypeError,
  isHandle,
  missingMessageError,
} from './node-errors.js';
import { Ticks } from './ticks.js';
import { ARRIVALS, ENDS, Wanted } from './wanted.js';

/** What Node gives to whatever has a channel: a ChildProcess, and `process` in a child. */
export interface Faced extends EventEmitter {
  connected: boolean;
  channel: Control | null;
  send(message: unknown, handle?: unknown, options?: unknown, callback?: unknown): boolean;
  disconnect(): void;
}

/** A channel that says which handle came with the message at hand. */
export interface FacedChannel extends Channel {
  consume(next: (message: unknown) => void): () => void;
  takeHandle(): Handle | undefined;
}

/** Where a face is put, and what it stands on. */
export interface FaceOptions {
  readonly target: EventEmitter;
  readonly channel: FacedChannel;
  /** The channel's descriptor, -1 once closed. */
  readonly fd: () => number;
  /** A child's channel keeps the loop alive only while somebody listens to 'message' or 'disconnect'. */
  readonly countListeners: boolean;
}

/** What a face is told from outside. */
export interface FaceHooks {
  /** The peer has ended its side. */
  peerEnded(): void;
  /** A listener of this event is about to be added, by an emitter that has told so already. */
  listenerComing(name: string): void;
  /** Nobody tells of listeners any more. */
  unhooked(): void;
}

/**
 * Puts Node's members and events onto a target: `send`, `disconnect`, `connected`, `channel`; 'message',
 * 'internalMessage', 'disconnect'. What Node does is written in lib/internal/child_process.js, `setupChannel`.
 *
 * ```
 * state        | send()                  | disconnect()             | the peer ends
 * connected    | queued                  | → disconnected           | → disconnected
 * disconnected | ERR_IPC_CHANNEL_CLOSED  | ERR_IPC_DISCONNECTED     |
 * ```
 * On the way to disconnected, messages that have come are emitted first, then 'disconnect'.
 */
export function attachFace(options: FaceOptions): FaceHooks {
  return new Face(options);
}

class Face implements FaceHooks {
  readonly #target: Faced;
  readonly #channel: FacedChannel;
  readonly #control: Control;
  readonly #arrivals: Ticks<unknown>;
  readonly #refuseHandle = handleRefusal({
    send: (nack, taken) => this.#channel.send(nack, taken),
    flush: () => this.#channel.flush(),
  });
  readonly #wanted: Wanted;
  readonly #counting: boolean;
  #stop: (() => void) | undefined; // of reading

  constructor({ target, channel, fd, countListeners }: FaceOptions) {
    const faced = target as Faced;
    this.#target = faced;
    this.#channel = channel;
    this.#control = new Control(channel, () => (faced.channel === null ? -1 : fd()));
    this.#arrivals = new Ticks<unknown>(
      message => {
        if (message instanceof WithHandle) faced.emit('message', message.message, message.handle);
        else faced.emit('message', message, undefined);
      },
      () => faced.listenerCount('message') > 0,
    );
    this.#counting = countListeners;
    this.#wanted = new Wanted(faced, countListeners ? ARRIVALS : [...ARRIVALS, ...ENDS]);
    faced.connected = true;
    faced.channel = this.#control;
    faced.send = (message, handle, sendOptions, callback) =>
      this.#send(message, handle, sendOptions, callback);
    faced.disconnect = () => this.#disconnect();
    const onNewListener = (name: unknown) => this.listenerComing(name);
    faced.on('newListener', onNewListener);
    faced.on('removeListener', (name, listener) => {
      if (listener === onNewListener) this.unhooked();
      this.#targetOnRemoveListener(name);
    });
    if (countListeners) channel.unref();
    void channel.closed.then(() => this.peerEnded());
  }

  /** The channel then closes by itself. */
  peerEnded(): void {
    if (this.#target.connected) this.#disconnected();
  }

  /** 'newListener' comes before the listener is there. */
  listenerComing(name: unknown): void {
    if (this.#counting && isCounted(name)) this.#control.refCounted();
    if (this.#wanted.by(name)) process.nextTick(() => this.#read());
  }

  /** removeAllListeners(): nobody tells of listeners any more, so that everything is read, as Node does always. */
  unhooked(): void {
    this.#wanted.always = true;
    this.#read();
  }

  #send(message: unknown, handle: unknown, options: unknown, callback: unknown): boolean {
    // The common case, in the fewest steps.
    if (handle === undefined && options === undefined && callback === undefined && this.#target.connected) {
      return this.#post(message, undefined, undefined, undefined);
    }
    const told = [handle, options, callback].find(isCallback);
    const settings = isCallback(handle) || isCallback(options) ? undefined : options;
    if (settings !== undefined && !isPlainObject(settings)) {
      throw invalidTypeError('options', 'of type object', settings);
    }
    if (!this.#target.connected) {
      this.#fail(channelClosedError(), told);
      return false;
    }
    return this.#post(message, isCallback(handle) ? undefined : handle, settings, told);
  }

  #post(message: unknown, handle: unknown, options: unknown, callback: SendCallback | undefined): boolean {
    if (message === undefined) throw missingMessageError();
    if (!['string', 'object', 'number', 'boolean'].includes(typeof message)) {
      throw invalidTypeError('message', 'one of type string, object, number, or boolean', message);
    }
    if (handle && !isHandle(handle)) throw invalidHandleError();
    // Those of a whole batch are called at once, each in the context of its own send.
    const told = callback && AsyncResource.bind(callback);
    try {
      if (handle) return sendHandle(this.#channel, message, handle, options, told);
      return this.#channel.send(message, told && (error => told(error && channelClosedError())));
    } catch (thrown) {
      throw (thrown as Error).cause ?? thrown; // what JSON.stringify or the serializer threw, as Node lets it through
    }
  }

  #disconnect(): void {
    if (!this.#target.connected) {
      this.#target.emit('error', disconnectedError());
      return;
    }
    void this.#channel.close(); // delivers what is queued; Node drops it
    this.#disconnected();
  }

  #disconnected(): void {
    this.#target.connected = false;
    this.#target.channel = null;
    this.#arrivals.whenResting(() => {
      this.#stopReading();
      this.#target.emit('disconnect');
    });
  }

  #fail(error: Error, callback: SendCallback | undefined): void {
    if (callback !== undefined) process.nextTick(callback, error);
    else process.nextTick(() => this.#target.emit('error', error));
  }

  #targetOnRemoveListener(name: unknown): void {
    if (this.#counting && isCounted(name)) this.#control.unrefCounted();
    // With nobody there, messages wait: here those of the chunk at hand, the others in the channel, then in the kernel.
    if (this.#wanted.by(name) && !this.#wanted.now) this.#stopReading();
  }

  #read(): void {
    if (this.#target.listenerCount('message') > 0) this.#arrivals.wake();
    if (!this.#wanted.now) return;
    this.#stop ??= this.#channel.consume(message => {
      const handle = this.#channel.takeHandle();
      if (handle !== undefined) this.#arrivals.push(new WithHandle(message, handle));
      else if (isInternal(message)) this.#onInternal(message);
      else this.#arrivals.push(message);
      if (this.#wanted.always) this.#arrivals.wake();
    });
  }

  #onInternal(message: unknown): void {
    process.nextTick(() => this.#target.emit('internalMessage', message, undefined));
    // A socket of a plain Node peer, that did not come along: unless it is told so, it sends nothing more, ever.
    if ((message as { cmd: string }).cmd === 'NODE_HANDLE' && this.#target.connected) {
      this.#refuseHandle();
    }
  }

  #stopReading(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}

function isCallback(value: unknown): value is SendCallback {
  return typeof value === 'function';
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounted(name: unknown): boolean {
  return name === 'message' || name === 'disconnect';
}
