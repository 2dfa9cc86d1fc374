import type { ChildProcess } from 'node:child_process';
import type { Channel } from 'deka-ipc';

/** One end of a link, the same for every contender, so that all run the same loops. */
export interface End {
  /** False when the sender should wait for `ready()`. */
  send(message: unknown): boolean;
  sendMany(messages: readonly unknown[]): boolean;
  ready(): Promise<void>;
  onMessage(listener: (message: unknown) => void): void;
  close(): void;
}

/** This library's end. */
export function channelEnd(channel: Channel): End {
  return {
    send: message => channel.send(message),
    sendMany: messages => channel.sendMany(messages),
    ready: () => channel.ready(),
    onMessage: listener => void channel.messages$.subscribe(listener),
    close: () => channel.destroy(),
  };
}

/** `process.send` as most programs use it: in a loop, for there is no drain event to wait for. */
export function forkEnd(target: ChildProcess | NodeJS.Process): End {
  return { ...listening(target), send, ready: async () => {} };

  function send(message: unknown): boolean {
    post(target, message);
    return true;
  }
}

/** `process.send` as its documentation says it should be used: wait for the callbacks once it returned false. */
export function waitingForkEnd(target: ChildProcess | NodeJS.Process): End {
  let outstanding = 0;
  let resume = () => {};
  return { ...listening(target), send, ready };

  function send(message: unknown): boolean {
    outstanding += 1;
    return post(target, message, onSent);
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

function listening(target: ChildProcess | NodeJS.Process): Pick<End, 'sendMany' | 'onMessage' | 'close'> {
  return {
    sendMany: messages => messages.every(message => post(target, message)),
    onMessage: listener => void target.on('message', listener),
    close: () => target.disconnect?.(),
  };
}

function post(target: ChildProcess | NodeJS.Process, message: unknown, onSent?: () => void): boolean {
  // Both declare `send` for serialisable values only; the messages here are.
  return target.send?.(message as object, undefined, undefined, onSent) ?? false;
}
