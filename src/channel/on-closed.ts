import type { Channel, CloseReason } from './channel.js';

type Listener = (reason: CloseReason) => void;

/** For each channel that somebody waits for the end of: who. */
const waiting = new WeakMap<Promise<CloseReason>, Set<Listener>>();

/**
 * Tells of the end of a channel, once, unless the function that is returned is called before. For whoever may be done long
 * before the channel is: a reaction on `closed` cannot be taken back, and would stay as long as the channel.
 */
export function onClosed({ closed }: Pick<Channel<never>, 'closed'>, listener: Listener): () => void {
  const listeners = waiting.get(closed) ?? listenersTo(closed);
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function listenersTo(closed: Promise<CloseReason>): Set<Listener> {
  const listeners = new Set<Listener>();
  waiting.set(closed, listeners);
  void closed.then(reason => {
    waiting.delete(closed); // who comes from now on is told as well
    for (const listener of listeners) listener(reason);
  });
  return listeners;
}
