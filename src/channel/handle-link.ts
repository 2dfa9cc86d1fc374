import { IpcError } from '../errors.js';
import { holdsFrames, holdsNothing } from '../transport/exit-drain.js';
import { type Handle, isHandle, type SendHandleOptions } from '../transport/handle.js';
import { type HandleLane, undelivered as notDelivered } from '../transport/handle-lane.js';
import { type OutgoingHandle, outgoingHandle } from '../transport/outgoing-handle.js';
import type { Transport } from '../transport/transport.js';
import type { SendCallback } from './channel.js';
import { FramedLink } from './framed-link.js';
import { HandleOrder } from './handle-order.js';
import type { Link, LinkListener } from './link.js';
import type { ChannelPlan } from './options.js';

/** `send` with a handle returns false once so many are not delivered. */
export const HANDLES_HIGH_WATER = 64;
const HANDLES_LOW_WATER = HANDLES_HIGH_WATER / 2;

/**
 * A framed link with a lane for handles beside it. The frame of a message with a handle is marked; its handle follows on
 * the lane once the kernel has the frame. What is sent without a handle does not come by here.
 *
 * OUT  sendHandle → framed link (mark, message) → lane (handle)
 * IN   framed link, lane → handle order → listener
 */
export function handleLink<Out, In>(
  transport: Transport,
  plan: ChannelPlan<Out, In>,
  peer: readonly string[] | undefined,
  lane: HandleLane,
): Link<Out, In> {
  const order = new HandleOrder<In>(lane, plan.options.handleTimeoutMs);
  const link = new FramedLink<Out, In>(transport, plan, peer, marked => order.marked(marked));
  const { start, ready, flush, fail, pause, resume, destroy } = bound(link);
  let listener: LinkListener<In> | undefined;
  let nextId = 1;
  const undelivered = new Set<number>(); // in the order of send
  let blocked = false;
  const waiters: (() => void)[] = [];
  const unsent = new Map<number, OutgoingHandle>(); // the kernel does not have their messages yet
  const drainable = { drainAtExit };
  return Object.assign(link, {
    sendHandle,
    start: (to: LinkListener<In>) => {
      listener = to;
      start(order.between({ ...to, onDrain: () => !blocked && to.onDrain() }, { pause, resume }));
    },
    ready: async () => {
      await ready();
      if (!blocked) return;
      await until(() => !blocked);
      await ready();
    },
    flush: async () => {
      const upTo = nextId;
      await flush();
      await until(() => (undelivered.values().next().value ?? upTo) >= upTo);
      await flush();
    },
    fail: (error: Error) => {
      fail(error);
      lane.close();
    },
    pause: () => order.pause(),
    resume: () => order.resume(),
    destroy: () => {
      destroy();
      order.destroy();
      lane.close();
    },
  });

  function sendHandle(
    message: Out,
    handle: Handle,
    { keepOpen = false }: SendHandleOptions,
    callback?: SendCallback,
  ): boolean {
    if (!isHandle(handle)) throw invalidHandle();
    const id = nextId;
    const outgoing = outgoingHandle(handle, keepOpen);
    let room: boolean;
    try {
      room = link.sendMarked(message, error => {
        unsent.delete(id);
        if (error === null) lane.send(id, outgoing, settled);
        else settled(refused(outgoing));
      });
    } catch (thrown) {
      outgoing.restore();
      throw thrown;
    }
    nextId += 1;
    undelivered.add(id);
    unsent.set(id, outgoing);
    holdsFrames(drainable);
    if (undelivered.size >= HANDLES_HIGH_WATER) blocked = true;
    return room && !blocked;

    function settled(error: IpcError | null): void {
      undelivered.delete(id);
      if (undelivered.size === 0) holdsNothing(drainable);
      const drained = blocked && undelivered.size <= HANDLES_LOW_WATER;
      if (drained) blocked = false;
      listener?.onProgress(0);
      if (drained) listener?.onDrain();
      for (const waiter of waiters.splice(0)) waiter();
      callback?.(error);
    }
  }

  /** What the kernel does not take at once is lost: a handle cannot be written without the event loop. */
  function drainAtExit(): undefined {
    const more = [...unsent];
    unsent.clear();
    lane.drainAtExit(more);
  }

  async function until(reached: () => boolean): Promise<void> {
    while (!reached()) await new Promise<void>(resolve => waiters.push(resolve));
  }
}

function refused(outgoing: OutgoingHandle): IpcError {
  outgoing.restore();
  return notDelivered('the channel ended before its message could be sent');
}

function bound<Out, In>(link: FramedLink<Out, In>) {
  return {
    start: link.start.bind(link),
    ready: link.ready.bind(link),
    flush: link.flush.bind(link),
    fail: link.fail.bind(link),
    pause: link.pause.bind(link),
    resume: link.resume.bind(link),
    destroy: link.destroy.bind(link),
  };
}

function invalidHandle(): IpcError {
  return new IpcError(
    'ERR_INVALID_HANDLE_TYPE',
    'Only a net.Socket, a net.Server and a dgram.Socket can travel; a TLS socket cannot. Send the plain socket below it ' +
      'before it is encrypted, or an address to connect to.',
  );
}
