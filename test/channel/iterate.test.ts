import { firstValueFrom } from 'rxjs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { INTAKE_HIGH_WATER_BYTES, Intake } from '../../src/channel/intake.js';
import { iterate } from '../../src/channel/iterate.js';
import { messagesOf } from '../../src/channel/observable-side.js';
import { collect } from '../support/collect.js';

const listener = { onDemand: vi.fn(), onConsumers: vi.fn(), onConsumed: vi.fn() };
const work = vi.fn(() => () => {});
let intake: Intake<number>;

beforeEach(() => {
  vi.clearAllMocks();
  intake = new Intake<number>(listener);
});

/** The iterable side of one iterator. */
function looped(): AsyncIterable<number> {
  return { [Symbol.asyncIterator]: () => iterate(intake, work) };
}

describe('iterate', () => {
  it('yields in order what came before and after next() was called', async () => {
    const iterator = iterate(intake, work);
    const first = iterator.next();
    intake.push([1, 2], 10);
    expect(await first).toEqual({ value: 1, done: false });
    expect(await iterator.next()).toEqual({ value: 2, done: false });
  });

  it('answers several next() calls in their order', async () => {
    const iterator = iterate(intake, work);
    const calls = [iterator.next(), iterator.next(), iterator.next()];
    intake.push([1, 2], 10);
    intake.end();
    expect(await Promise.all(calls)).toEqual([
      { value: 1, done: false },
      { value: 2, done: false },
      { value: undefined, done: true },
    ]);
  });

  it('lets the socket rest while something is unread, and only then', async () => {
    const iterator = iterate(intake, work);
    intake.push([1, 2], 10);
    expect(listener.onDemand).toHaveBeenLastCalledWith(false);
    await iterator.next();
    expect(listener.onDemand).toHaveBeenLastCalledWith(false);
    await iterator.next();
    expect(listener.onDemand).toHaveBeenLastCalledWith(true);
  });

  it('does not let the socket rest for a message that somebody is waiting for', async () => {
    const next = iterate(intake, work).next();
    intake.push([1], 10);
    await next;
    expect(listener.onDemand).not.toHaveBeenCalled();
  });

  it('reports each unread message that is used, so that a slow loop counts as progress', async () => {
    const iterator = iterate(intake, work);
    intake.push([1, 2], 10);
    await iterator.next();
    expect(listener.onConsumed).toHaveBeenCalledTimes(1);
  });

  it('yields what is unread after the end, then ends', async () => {
    const seen: number[] = [];
    const iterable = looped();
    const iterator = iterable[Symbol.asyncIterator]();
    intake.push([1, 2], 10);
    intake.end();
    for await (const message of { [Symbol.asyncIterator]: () => iterator }) seen.push(message);
    expect(seen).toEqual([1, 2]);
  });

  it('gives the unread rest back when the loop is left, and the next loop gets it first', async () => {
    intake.push([1, 2, 3], 10);
    for await (const message of looped()) if (message === 1) break;
    intake.push([4], 10);
    intake.end();
    const rest: number[] = [];
    for await (const message of looped()) rest.push(message);
    expect(rest).toEqual([2, 3, 4]);
  });

  it('gives the unread rest back when the channel has ended meanwhile, unless it was destroyed', async () => {
    const left = iterate(intake, work);
    intake.push([1, 2, 3], 10);
    intake.end();
    expect((await left.next()).value).toBe(1);
    await left.return?.();
    const rest: number[] = [];
    for await (const message of looped()) {
      rest.push(message);
      intake.abort();
      break;
    }
    for await (const message of looped()) rest.push(message);
    expect(rest).toEqual([2]);
  });

  it('lets the socket rest when loops that are left gave back as much as may wait', async () => {
    intake.push([1, 2, 3], 3 * INTAKE_HIGH_WATER_BYTES);
    for await (const message of looped()) if (message === 1) break;
    expect(listener.onDemand).toHaveBeenLastCalledWith(false);
    for await (const message of looped()) if (message === 2) break;
    expect(listener.onDemand).toHaveBeenLastCalledWith(false);
    expect(await firstValueFrom(messagesOf(intake))).toBe(3);
    expect(listener.onDemand).toHaveBeenLastCalledWith(true);
  });

  it('goes on reading after a loop was left with something unread', async () => {
    intake.push([1, 2], 10);
    for await (const message of looped()) if (message === 1) break;
    expect(listener.onDemand).toHaveBeenLastCalledWith(true);
  });

  it('gives nothing back while somebody else consumed it too', async () => {
    const all = collect(messagesOf(intake));
    const iterator = iterate(intake, work);
    intake.push([1, 2], 10);
    await iterator.return?.();
    intake.end();
    expect(await all.completed).toEqual([1, 2]);
    expect((await iterate(intake, work).next()).done).toBe(true);
  });

  it('ends waiting next() calls on return, and stays ended', async () => {
    const iterator = iterate(intake, work);
    const waiting = iterator.next();
    await iterator.return?.();
    expect((await waiting).done).toBe(true);
    intake.push([1], 10);
    expect((await iterator.next()).done).toBe(true);
  });

  it('is a consumer like any other: two loops each get everything', async () => {
    const [a, b] = [iterate(intake, work), iterate(intake, work)];
    intake.push([1], 10);
    expect(await a.next()).toEqual(await b.next());
  });

  it('is at work with a message in hand when the end comes, and not if it was left in that very moment', async () => {
    messagesOf(intake).subscribe({ complete: () => void left.return?.() });
    const [left, looping] = [iterate(intake, work), iterate(intake, work)];
    const next = [left.next(), looping.next()];
    intake.push([1], 10);
    await Promise.all(next);
    intake.end();
    expect(work).toHaveBeenCalledTimes(1);
    expect(await looping.next()).toEqual({ value: undefined, done: true });
  });
});
