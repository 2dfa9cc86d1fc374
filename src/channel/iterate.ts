import type { Consumer } from './consumer.js';
import type { Intake } from './intake.js';

type Result<In> = IteratorResult<In, undefined>;

/**
 * Messages for `for await`. Takes what a chunk brought, and lets the socket rest until that is used up: a slow loop
 * slows the peer down. Leaving the loop gives the unread rest back to the intake.
 *
 * @param work called if the end comes while the loop has a message in hand; gives what to call when it is done with it.
 */
export function iterate<In>(intake: Intake<In>, work: () => () => void): AsyncIterator<In, undefined> {
  const consumer: Consumer<In> = { next: onMessage, complete: onComplete };
  const calls: ((result: Result<In>) => void)[] = [];
  let unread: In[] = [];
  let at = 0;
  let weight = 0; // of all in unread
  let done = false;
  let atRest: (() => void) | undefined;
  intake.add(consumer);

  return { next, return: leave };

  function onMessage(message: In): void {
    const call = calls.shift();
    if (call !== undefined) {
      call({ value: message, done: false });
      return;
    }
    unread.push(message);
    weight += intake.weight;
    if (unread.length === 1) intake.hold();
  }

  function onComplete(): void {
    if (done) return; // left, by what another consumer did at its end
    if (calls.length === 0) atRest = work();
    end();
  }

  function end(): void {
    done = true;
    for (const call of calls.splice(0)) call({ value: undefined, done: true });
  }

  function next(): Promise<Result<In>> {
    if (at < unread.length) return Promise.resolve({ value: takeUnread(), done: false });
    if (done) return finished();
    return new Promise(resolve => calls.push(resolve));
  }

  function takeUnread(): In {
    const message = unread[at] as In;
    at += 1;
    intake.consumed();
    if (at === unread.length) forgetUnread();
    return message;
  }

  function forgetUnread(): void {
    unread = [];
    at = 0;
    weight = 0;
    intake.release();
  }

  function leave(): Promise<Result<In>> {
    const rest = unread.slice(at);
    // Before the hold is released: what is put back may be reason enough to rest.
    intake.remove(consumer, rest, rest.length === 0 ? 0 : (weight * rest.length) / unread.length);
    if (unread.length > 0) forgetUnread();
    end();
    return finished();
  }

  function finished(): Promise<Result<In>> {
    atRest?.();
    atRest = undefined;
    return Promise.resolve({ value: undefined, done: true });
  }
}
