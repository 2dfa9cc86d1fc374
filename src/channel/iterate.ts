import type { Consumer, Intake } from './intake.js';

type Result<In> = IteratorResult<In, undefined>;

/**
 * Messages for `for await`. Takes what a chunk brought, and lets the socket rest until that is used up: a slow loop
 * slows the peer down. Leaving the loop gives the unread rest back to the intake.
 */
export function iterate<In>(intake: Intake<In>): AsyncIterator<In, undefined> {
  const consumer: Consumer<In> = { next: onMessage, complete: onComplete };
  const calls: ((result: Result<In>) => void)[] = [];
  let unread: In[] = [];
  let at = 0;
  let done = false;
  intake.add(consumer);

  return { next, return: leave };

  function onMessage(message: In): void {
    const call = calls.shift();
    if (call !== undefined) {
      call({ value: message, done: false });
      return;
    }
    unread.push(message);
    if (unread.length === 1) intake.hold();
  }

  function onComplete(): void {
    done = true;
    for (const call of calls.splice(0)) call({ value: undefined, done: true });
  }

  function next(): Promise<Result<In>> {
    if (at < unread.length) return Promise.resolve({ value: takeUnread(), done: false });
    if (done) return Promise.resolve({ value: undefined, done: true });
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
    intake.release();
  }

  function leave(): Promise<Result<In>> {
    const rest = unread.slice(at);
    if (unread.length > 0) forgetUnread();
    intake.remove(consumer, rest);
    onComplete();
    return Promise.resolve({ value: undefined, done: true });
  }
}
