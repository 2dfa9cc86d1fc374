import { describe, expect, it, vi } from 'vitest';
import { handleRefusal } from '../../src/channel/node-wire.js';
import { turns } from '../support/collect.js';

const NACK = { cmd: 'NODE_HANDLE_NACK' };

function started() {
  const callbacks: (() => void)[] = [];
  const send = vi.fn((_message: unknown, callback: () => void) => void callbacks.push(callback));
  let tellRoom = (): void => {};
  const ready = () =>
    new Promise<void>(resolve => {
      tellRoom = resolve;
    });
  return { send, callbacks, refuse: handleRefusal({ send, ready }), room: () => tellRoom() };
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

  it('answers when there is room again, if the queue was full', async () => {
    const { refuse, send, room } = started();
    send.mockImplementationOnce(() => {
      throw new Error('full');
    });
    refuse();
    refuse();
    expect(send).toHaveBeenCalledTimes(1);
    room();
    await turns();
    expect(send).toHaveBeenCalledTimes(2);
  });
});
