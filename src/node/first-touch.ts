import type { EventEmitter } from 'node:events';
import type { Faced, FaceHooks } from './face.js';
import { ARRIVALS } from './wanted.js';

type Members = Pick<Faced, 'send' | 'disconnect'>;

const MEMBERS = ['send', 'disconnect', 'connected', 'channel'];

/**
 * Node's members on a process whose channel is not loaded yet, which takes longer than all else of a start. A process that
 * lives on has its channel in the first turn of the event loop; one that ends before, and has not touched it, pays nothing.
 *
 * ```
 * state     | send(), disconnect(), channel | a listener for what arrives | first turn of the loop
 * untouched | → open, then as below         | → open                      | → open
 * open      | what `open` has put there     | the same                    |
 * failed    | throws what `open` threw      |                             |
 * ```
 * What a program put in the place of a member stays there, and may call the one it found.
 *
 * @param open puts the members onto the target. It is told whether the listeners of 'exit' are being called already.
 */
export function openWhenTouched(emitter: EventEmitter, open: (exiting: boolean) => FaceHooks): void {
  const target = emitter as Faced;
  const first: Members = {
    send: (...given) => opened().send(...given),
    disconnect: () => opened().disconnect(),
  };
  let members: Members | undefined;
  let failure: unknown;
  let exiting = false;

  target.connected = true;
  Object.assign(target, first);
  Object.defineProperty(target, 'channel', {
    configurable: true,
    enumerable: true,
    get: () => {
      touch();
      return target.channel;
    },
    set: channel => {
      touch();
      target.channel = channel;
    },
  });
  target.on('newListener', targetOnNewListener);
  target.on('removeListener', targetOnRemoveListener);
  target.on('exit', targetOnExit);
  const turn = setImmediate(touch).unref();

  function opened(): Members {
    touch();
    if (members === undefined) throw failure;
    return members;
  }

  /** @returns the hooks of the first touch, nothing later on or where the channel could not be opened. */
  function touch(): FaceHooks | undefined {
    if (members !== undefined || failure !== undefined) return undefined;
    clearImmediate(turn);
    target.off('removeListener', targetOnRemoveListener);
    target.off('newListener', targetOnNewListener);
    target.off('exit', targetOnExit);
    const { send, disconnect } = target;
    for (const name of MEMBERS) Reflect.deleteProperty(target, name);
    try {
      const hooks = open(exiting);
      members = { send: target.send, disconnect: target.disconnect };
      if (send !== first.send) target.send = send;
      if (disconnect !== first.disconnect) target.disconnect = disconnect;
      return hooks;
    } catch (error) {
      failure = error;
      process.emitWarning(error as Error);
      return undefined;
    }
  }

  function targetOnNewListener(name: string): void {
    if (ARRIVALS.includes(name)) touch()?.listenerComing(name);
  }

  function targetOnRemoveListener(_name: string, listener: unknown): void {
    // removeAllListeners() is at work, and would take away what is put there now.
    if (listener === targetOnNewListener) process.nextTick(() => touch()?.unhooked());
    if (listener === targetOnExit) target.on('exit', targetOnExit); // a program may clear what others have left there
  }

  function targetOnExit(): void {
    exiting = true;
  }
}
