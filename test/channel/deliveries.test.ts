import { Server } from 'node:net';
import type { IpcError } from 'deka-ipc';
import { describe, expect, it, vi } from 'vitest';
import { Arrival } from '../../src/channel/arrival.js';
import { type Delivery, deliveriesOf } from '../../src/channel/deliveries.js';
import { Intake } from '../../src/channel/intake.js';
import { batchesOf, messagesOf } from '../../src/channel/observable-side.js';
import { turns } from '../support/collect.js';

function started() {
  const intake = new Intake<string>({ onDemand: () => {}, onConsumers: () => {}, onConsumed: () => {} });
  const reports: string[] = [];
  const handles: ReturnType<typeof handleByHand>[] = [];
  return { intake, reports, handles, push, deliveries$: deliveriesOf(intake) };

  function push(message: string): ReturnType<typeof handleByHand> {
    const handle = handleByHand();
    const report = (failure: IpcError) => reports.push(failure.code);
    intake.push([message], 1, new Arrival(handle.server, report));
    return handle;
  }
}

function handleByHand() {
  const server = new Server();
  return { server, close: vi.spyOn(server, 'close').mockReturnValue(server) };
}

describe('deliveries$', () => {
  it('gives every message, and the handles with theirs, to each subscriber', () => {
    const { intake, deliveries$, push, reports } = started();
    const one: Delivery<string>[] = [];
    const two: Delivery<string>[] = [];
    deliveries$.subscribe(delivery => one.push(delivery));
    deliveries$.subscribe(delivery => two.push(delivery));
    intake.push(['alone'], 1);
    const { server, close } = push('with');
    expect(one).toEqual([{ message: 'alone' }, { message: 'with', handle: server }]);
    expect(two).toEqual(one);
    expect(close).not.toHaveBeenCalled();
    expect(reports).toEqual([]);
  });

  it('completes with the channel', () => {
    const { intake, deliveries$ } = started();
    const complete = vi.fn();
    deliveries$.subscribe({ complete });
    intake.end();
    expect(complete).toHaveBeenCalledTimes(1);
  });
});

describe('a handle that nobody takes', () => {
  it.each(['messages$', 'batches$'] as const)('is closed once its message went to %s alone', what => {
    const { intake, push, reports } = started();
    if (what === 'messages$') messagesOf(intake).subscribe();
    else batchesOf(intake).subscribe();
    const { close } = push('it');
    expect(close).toHaveBeenCalledTimes(1);
    expect(reports).toEqual(['ERR_HANDLE_UNCLAIMED']);
  });

  it('waits with its message for the first subscriber, and survives errors meanwhile', async () => {
    const { deliveries$, push } = started();
    const { server, close } = push('it');
    server.emit('error', new Error('reset'));
    const seen: Delivery<string>[] = [];
    deliveries$.subscribe(delivery => seen.push(delivery));
    await turns();
    expect(seen).toEqual([{ message: 'it', handle: server }]);
    expect(close).not.toHaveBeenCalled();
    expect(() => server.emit('error', new Error('now the taker listens'))).toThrow('now the taker listens');
  });

  it('is closed when the channel is destroyed before', () => {
    const { intake, push, reports } = started();
    const { close } = push('it');
    intake.abort();
    expect(close).toHaveBeenCalledTimes(1);
    expect(reports).toEqual(['ERR_HANDLE_UNCLAIMED']);
  });

  it('is closed when the channel is closing and nobody is there', () => {
    const { intake, push } = started();
    intake.discardUnwanted();
    expect(push('it').close).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['aborts', (intake: Intake<string>) => intake.abort()],
    ['puts something back', (intake: Intake<string>, consumer: never) => intake.remove(consumer, ['back'])],
  ])('is closed when a consumer %s in the middle of it', (_what, act) => {
    const { intake, push } = started();
    const consumer = { next: () => act(intake, consumer as never), complete: () => {} };
    intake.add(consumer);
    expect(push('it').close).toHaveBeenCalledTimes(1);
  });
});
