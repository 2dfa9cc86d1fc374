// @ts-check
import { open } from 'deka-ipc';
import { randomFaults } from '../../../dist/testing/faults.js';
import { faultyTransport } from '../../../dist/testing/faulty-transport.js';
import { memoryTransports } from '../../../dist/transport/memory.js';
import { descriptors, settled } from '../resources.js';
import { exactly, figure } from '../scenario.js';

/** @typedef {import('deka-ipc').Channel<number, number>} Numbers */

/** How a run ends, apart from what the script does. */
const ENDINGS = /** @type {const} */ (['close', 'destroy', 'abort']);

/** One end of a channel, and what became of what it sent and got. */
class End {
  /** Calls of the callback of each send, and with what. @type {(Error | null)[][]} */
  callbacks = [];
  /** @type {number[]} */
  received = [];
  completed = 0;
  closings = 0;

  /** @param {Numbers} channel */
  constructor(channel) {
    this.channel = channel;
    channel.messages$.subscribe({
      next: message => this.received.push(message),
      complete: () => {
        this.completed += 1;
      },
    });
    void channel.closed.then(() => {
      this.closings += 1;
    });
  }

  send() {
    const id = this.callbacks.length;
    /** @type {(Error | null)[]} */
    const calls = [];
    this.callbacks.push(calls);
    this.channel.send(id, error => void calls.push(error));
  }

  /** How many the kernel was said to have. */
  get taken() {
    return this.callbacks.filter(([error]) => error === null).length;
  }
}

/** @type {import('../scenario.js').Scenario} */
export async function run({ scaled, random }) {
  const count = scaled(20_000, 300);
  const before = descriptors();
  let [notOnce, notPrefix, lost, notEnded, sent, arrived, broken] = [0, 0, 0, 0, 0, 0, 0];
  for (let at = 0; at < count; at += 1) {
    const isHarmless = at % 2 === 0;
    const { ends, ending } = await storm(random, isHarmless);
    const broke = (await Promise.all(ends.map(end => end.channel.closed))).some(
      why => typeof why === 'object',
    );
    if (broke) broken += 1;
    ends.forEach((end, side) => {
      const other = /** @type {End} */ (ends[1 - side]);
      sent += end.callbacks.length;
      arrived += other.received.length;
      notOnce += end.callbacks.filter(calls => calls.length !== 1).length;
      if (other.received.some((id, index) => id !== index)) notPrefix += 1;
      // A peer that closed in order, over a transport that only cuts and delays, has had all that was taken.
      if (isHarmless && ending === 'close' && other.received.length !== end.callbacks.length) lost += 1;
      if (end.completed !== 1 || end.closings !== 1) notEnded += 1;
    });
  }
  await settled();
  return [
    exactly(`of ${count} channels: callbacks not called once`, 0, notOnce),
    exactly('ends whose messages were not a prefix of what was sent', 0, notPrefix),
    exactly('orderly closings that lost a message', 0, lost),
    exactly('ends that did not complete and settle once', 0, notEnded),
    exactly('descriptors more than before', 0, Number(descriptors()) - Number(before)),
    figure('messages sent', sent),
    figure('messages arrived', arrived),
    figure('channels that broke', broken),
  ];
}

/** @param {() => number} random @param {boolean} isHarmless */
async function storm(random, isHarmless) {
  const rates = isHarmless ? {} : { stall: 1, error: 2, close: 2 };
  const script = () => ({ reads: randomFaults(random, rates), writes: randomFaults(random, rates) });
  const abort = new AbortController();
  const [left, right] = memoryTransports().map(
    transport =>
      new End(
        open(faultyTransport(transport, script()), {
          maxBatchBytes: 1 + Math.floor(random() * 4096),
          closeTimeoutMs: isHarmless ? 30_000 : 20,
          signal: abort.signal,
        }),
      ),
  );
  const ends = /** @type {[End, End]} */ ([left, right]);
  const rounds = Math.floor(random() * 8);
  for (let round = 0; round < rounds; round += 1) {
    for (const end of ends) for (let n = Math.floor(random() ** 2 * 100); n > 0; n -= 1) end.send();
    if (random() < 0.7) await new Promise(resolve => setImmediate(resolve));
  }
  const ending = ENDINGS[Math.floor(random() * (isHarmless ? 1 : ENDINGS.length))];
  if (ending === 'close') void ends[0].channel.close();
  else if (ending === 'destroy') ends[0].channel.destroy();
  else abort.abort();
  ends[1].send(); // whoever sends meanwhile is told, too
  if (!isHarmless) {
    await ends[0].channel.closed;
    ends[1].channel.destroy(); // one that stalls would never hear of it
  }
  await Promise.all(ends.map(end => end.channel.closed));
  await new Promise(resolve => setImmediate(resolve));
  await new Promise(resolve => setImmediate(resolve));
  return { ends, ending };
}
