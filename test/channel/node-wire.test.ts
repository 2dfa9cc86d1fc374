import { describe, expect, it, vi } from 'vitest';
import { handleRefusal } from '../../src/channel/node-wire.js';
import { turns } from '../support/collect.js';

const NACK = { cmd: 'NODE_HANDLE_NACK' };

function full(): never {
  throw new Error('full');
}

function started() {
  const callbacks: (() => void)[] = [];
  const send = vi.fn((_message: unknown, callback: () => void) => void callbacks.push(callback));
  let tellFlushed = (): void => {};
  const flush = () =>
    new Promise<void>(resolve => {
      tellFlushed = resolve;
    });
  return { send, callbacks, refuse: handleRefusal({ send, flush }), flushed: () => tellFlushed() };
}

describe('refusing the handle of a Node peer', () => {
  it('answers once while an answer waits, and again when it has left', () => {
    const { refuse, send, callbacks } = started();
    for (let n = 0; n < 3; n += 1) refuse();
    expect(send.mock.calls).toEqual([[NACK, expect.any(Function)]]);
    callbacks[0]?.();
    refuse();
    expect(send).toHaveBeenCalledTimes(2);
  });

  it('answers when the queue is empty, if it was full', async () => {
    const { refuse, send, flushed } = started();
    send.mockImplementationOnce(full);
    refuse();
    refuse();
    expect(send).toHaveBeenCalledTimes(1);
    flushed();
    await turns();
    expect(send).toHaveBeenCalledTimes(2);
  });

  it('gives up where not even an empty queue has room, until the next handle', async () => {
    const { refuse, send, flushed } = started();
    send.mockImplementation(full);
    refuse();
    flushed();
    await turns();
    expect(send).toHaveBeenCalledTimes(2);
    refuse();
    expect(send).toHaveBeenCalledTimes(3);
  });
});
