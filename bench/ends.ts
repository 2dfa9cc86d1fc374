import type { ChildProcess } from 'node:child_process';
import type { Channel } from 'deka-ipc';

export type Listener = (message: unknown) => void;

/** One end of a link, the same for every contender, so that all run the same loops. */
export interface End {
  /** False when the sender should wait for `ready()`. */
  send(message: unknown): boolean;
  /** Only ends of contenders that send in batches need it. */
  sendMany?(messages: readonly unknown[]): boolean;
  ready(): Promise<void>;
  /** The one listener: a later one takes the place of an earlier one. Nothing is read before the first. */
  onMessage(listener: Listener): void;
  close(): void;
}

type Peer = ChildProcess | NodeJS.Process;

/** This library's end. */
export function channelEnd(channel: Channel): End {
  return {
    send: message => channel.send(message),
    sendMany: messages => channel.sendMany(messages),
    ready: () => channel.ready(),
    onMessage: oneListener(hear => void channel.messages$.subscribe(hear)),
    close: () => channel.destroy(),
  };
}

/** `process.send` as most programs use it: in a loop, for there is no drain event to wait for. */
export function forkEnd(peer: Peer): End {
  return { ...listening(peer), send, ready: async () => {} };

  function send(message: unknown): boolean {
    post(peer, message);
    return true;
  }
}

/** `process.send` as its documentation says it should be used: wait for the callbacks once it returned false. */
export function waitingForkEnd(peer: Peer): End {
  let outstanding = 0;
  let resume = () => {};
  return { ...listening(peer), send, ready };

  function send(message: unknown): boolean {
    outstanding += 1;
    return post(peer, message, onSent);
  }

  function onSent(): void {
    outstanding -= 1;
    if (outstanding === 0) resume();
  }

  function ready(): Promise<void> {
    return new Promise(resolve => {
      resume = resolve;
      if (outstanding === 0) resolve();
    });
  }
}

/** A fork whose ends tell one another how far they are. */
export function windowedForkEnd(peer: Peer): End {
  return windowed(forkEnd(peer));
}

/** `onMessage` over something that is subscribed to once. */
export function oneListener(subscribe: (hear: Listener) => void): End['onMessage'] {
  let current: Listener | undefined;
  return listener => {
    const isFirst = current === undefined;
    current = listener;
    if (isFirst) subscribe(message => current?.(message));
  };
}

/** How many messages may be on their way over a link that tells nobody to wait. */
const WINDOW = 1000;

/**
 * What a program has to build itself on a link that does not tell it when to wait: the receiver says from time to time
 * how much it has heard, and the sender waits for that.
 */
export function windowed(end: End): End {
  let open = WINDOW;
  let heard = 0;
  let resume = (): void => {};
  return { ...end, send, ready, onMessage };

  function send(message: unknown): boolean {
    open -= 1;
    end.send(message);
    return open > 0;
  }

  function ready(): Promise<void> {
    return new Promise(resolve => {
      resume = resolve;
      if (open > 0) resolve();
    });
  }

  function onMessage(listener: Listener): void {
    end.onMessage(message => {
      const { heardOf } = message as { readonly heardOf?: number };
      if (heardOf !== undefined) {
        open += heardOf;
        resume();
        return;
      }
      heard += 1;
      if (heard === WINDOW / 2) {
        end.send({ heardOf: heard });
        heard = 0;
      }
      listener(message);
    });
  }
}

function listening(peer: Peer): Pick<End, 'onMessage' | 'close'> {
  return {
    onMessage: oneListener(hear => void peer.on('message', hear)),
    close: () => {
      if (peer.connected === true) peer.disconnect?.();
    },
  };
}

function post(peer: Peer, message: unknown, onSent?: () => void): boolean {
  // Both declare `send` for serialisable values only; the messages here are.
  return peer.send?.(message as object, undefined, undefined, onSent) ?? false;
}
