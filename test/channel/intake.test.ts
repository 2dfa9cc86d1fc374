import { firstValueFrom, take, toArray } from 'rxjs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { INTAKE_HIGH_WATER_BYTES, Intake, MESSAGE_CHARGE_BYTES } from '../../src/channel/intake.js';
import { batchesOf, messagesOf } from '../../src/channel/observable-side.js';
import { collect, turns } from '../support/collect.js';

const listener = { onDemand: vi.fn(), onConsumers: vi.fn(), onConsumed: vi.fn() };
let intake: Intake<number>;

beforeEach(() => {
  vi.clearAllMocks();
  intake = new Intake<number>(listener);
});

describe('messages$', () => {
  it('delivers each message to every subscriber, in order', () => {
    const [a, b] = [collect(messagesOf(intake)), collect(messagesOf(intake))];
    intake.push([1, 2], 10);
    intake.push([3], 10);
    expect(a.values).toEqual([1, 2, 3]);
    expect(b.values).toEqual([1, 2, 3]);
  });

  it('keeps what came before the first subscriber, for all who subscribe in the same tick', async () => {
    intake.push([1, 2], 10);
    const [a, b] = [collect(messagesOf(intake)), collect(messagesOf(intake))];
    await turns();
    expect(a.values).toEqual([1, 2]);
    expect(b.values).toEqual([1, 2]);
  });

  it('delivers nothing during subscribe', () => {
    intake.push([1], 10);
    expect(collect(messagesOf(intake)).values).toEqual([]);
  });

  it('keeps the rest of a chunk when the last subscriber leaves in the middle of it', async () => {
    intake.push([1, 2, 3], 10);
    expect(await firstValueFrom(messagesOf(intake))).toBe(1);
    expect(await firstValueFrom(messagesOf(intake))).toBe(2);
    intake.push([4], 10);
    expect(await firstValueFrom(messagesOf(intake).pipe(take(2), toArray()))).toEqual([3, 4]);
  });

  it('gives nothing to a consumer whom another one has sent away with the same message', () => {
    const next = vi.fn();
    const sentAway = { next, complete: () => {} };
    messagesOf(intake).subscribe(() => intake.remove(sentAway));
    intake.add(sentAway);
    intake.push([1, 2], 10);
    expect(next).not.toHaveBeenCalled();
  });

  it('keeps nothing back for a subscriber who left while another stayed', async () => {
    const all = collect(messagesOf(intake));
    const first = firstValueFrom(messagesOf(intake));
    intake.push([1, 2], 10);
    expect(await first).toBe(1);
    expect(all.values).toEqual([1, 2]);
    const late = collect(messagesOf(intake));
    await turns();
    expect(late.values).toEqual([]);
  });

  it('starts a subscriber who comes in the middle of a chunk with the next message', () => {
    const late: number[] = [];
    messagesOf(intake)
      .pipe(take(1))
      .subscribe({
        complete: () => messagesOf(intake).subscribe(message => late.push(message)),
      });
    intake.push([1, 2, 3], 10);
    expect(late).toEqual([2, 3]);
  });

  it('goes on with the next message when a subscriber pushes more from inside', () => {
    const seen: number[] = [];
    messagesOf(intake).subscribe(message => {
      seen.push(message);
      if (message === 1) intake.push([9], 10);
    });
    intake.push([1, 2], 10);
    expect(seen).toEqual([1, 2, 9]);
  });

  it('completes at the end, and at once for who comes later', async () => {
    const early = collect(messagesOf(intake));
    intake.push([1], 10);
    intake.end();
    expect(await early.completed).toEqual([1]);
    expect(await collect(messagesOf(intake)).completed).toEqual([]);
  });

  it('gives what waits to a subscriber who comes after the end, then completes', async () => {
    intake.push([1, 2], 10);
    intake.end();
    expect(await collect(messagesOf(intake)).completed).toEqual([1, 2]);
  });

  it('drops what waits when aborted, even from inside a delivery', async () => {
    const seen = collect(messagesOf(intake));
    messagesOf(intake).subscribe(message => {
      if (message === 1) intake.abort();
    });
    intake.push([1, 2, 3], 10);
    expect(await seen.completed).toEqual([1]);
  });
});

describe('batches$', () => {
  it('delivers a chunk as one array', () => {
    const { values } = collect(batchesOf(intake));
    intake.push([1, 2], 10);
    intake.push([3], 10);
    expect(values).toEqual([[1, 2], [3]]);
  });

  it('takes a chunk whole beside a subscriber of messages$ who leaves in the middle of it', async () => {
    const batches = collect(batchesOf(intake));
    const first = firstValueFrom(messagesOf(intake));
    intake.push([1, 2, 3], 10);
    expect(await first).toBe(1);
    intake.push([4], 10);
    expect(batches.values).toEqual([[1, 2, 3], [4]]);
  });

  it('gets the rest of a chunk whose other subscribers left', async () => {
    intake.push([1, 2, 3], 10);
    await firstValueFrom(messagesOf(intake));
    const { values } = collect(batchesOf(intake));
    await turns();
    expect(values).toEqual([[2, 3]]);
  });

  it('completes at the end, also for who comes later', async () => {
    const early = collect(batchesOf(intake));
    intake.end();
    expect(await early.completed).toEqual([]);
    expect(await collect(batchesOf(intake)).completed).toEqual([]);
  });
});

describe('demand', () => {
  it('rests once as much waits as it may keep, and goes on when that is consumed', async () => {
    intake.push([1], INTAKE_HIGH_WATER_BYTES - 2 * MESSAGE_CHARGE_BYTES - 2);
    expect(listener.onDemand).not.toHaveBeenCalled();
    intake.push([2], 1);
    expect(listener.onDemand).not.toHaveBeenCalled();
    intake.push([], 1);
    intake.push([3], 1);
    expect(listener.onDemand).toHaveBeenLastCalledWith(false);
    collect(messagesOf(intake));
    await turns();
    expect(listener.onDemand).toHaveBeenLastCalledWith(true);
  });

  it('says again that it rests when a chunk comes all the same', () => {
    intake.push([1], INTAKE_HIGH_WATER_BYTES);
    intake.push([2], 1);
    expect(listener.onDemand.mock.calls).toEqual([[false], [false]]);
  });

  it('rests while somebody holds, and goes on when the last hold is released', () => {
    collect(messagesOf(intake));
    intake.hold();
    intake.hold();
    intake.release();
    expect(listener.onDemand).toHaveBeenLastCalledWith(false);
    intake.release();
    expect(listener.onDemand).toHaveBeenLastCalledWith(true);
  });

  it('weighs a message by all the chunks that it came in', () => {
    intake.push([], INTAKE_HIGH_WATER_BYTES - MESSAGE_CHARGE_BYTES - 1);
    expect(listener.onDemand).not.toHaveBeenCalled();
    intake.push([1], 1);
    expect(listener.onDemand).toHaveBeenLastCalledWith(false);
  });

  it('counts messages as well as bytes', () => {
    const fitting = Math.ceil(INTAKE_HIGH_WATER_BYTES / MESSAGE_CHARGE_BYTES) - 1;
    intake.push(
      Array.from({ length: fitting }, () => 1),
      0,
    );
    expect(listener.onDemand).not.toHaveBeenCalled();
    intake.push([1], 0);
    expect(listener.onDemand).toHaveBeenLastCalledWith(false);
  });

  it('counts a chunk that brought no message as nothing that waits', () => {
    intake.push([], INTAKE_HIGH_WATER_BYTES);
    expect(listener.onDemand).not.toHaveBeenCalled();
  });

  it('drops what nobody takes once it is told to, so that the end can be reached', async () => {
    intake.push([1], INTAKE_HIGH_WATER_BYTES);
    intake.discardUnwanted();
    expect(listener.onDemand).toHaveBeenLastCalledWith(true);
    intake.push([2], INTAKE_HIGH_WATER_BYTES);
    intake.end();
    expect(await collect(messagesOf(intake)).completed).toEqual([1]);
  });
});

describe('consumers', () => {
  it('are reported when the first comes and when the last leaves', () => {
    const a = messagesOf(intake).subscribe();
    const b = batchesOf(intake).subscribe();
    a.unsubscribe();
    expect(listener.onConsumers.mock.calls).toEqual([[true]]);
    b.unsubscribe();
    expect(listener.onConsumers.mock.calls).toEqual([[true], [false]]);
  });

  it('have all left once it ended', () => {
    messagesOf(intake).subscribe();
    batchesOf(intake).subscribe();
    intake.end();
    expect(listener.onConsumers.mock.calls).toEqual([[true], [false]]);
  });
});
