// @ts-check
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { fork } from 'deka-ipc';
import { watchMemory } from '../resources.js';
import { below, exactly, figure, text } from '../scenario.js';

const MIB = 1024 * 1024;
const CHILD = fileURLToPath(new URL('../children/count.js', import.meta.url));

/** @type {import('../scenario.js').Scenario} */
export async function run({ scaled }) {
  const count = scaled(3_000_000, 200_000);
  const child = fork(CHILD, ['channel'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxQueueBytes: 8 * MIB,
    closeTimeoutMs: 60_000,
  });
  child.process.kill('SIGSTOP');
  const memory = watchMemory(20);
  let [accepted, refused, settled] = [0, 0, 0];
  /** @type {Set<unknown>} */
  const codes = new Set();
  for (let at = 0; at < count; at += 1) {
    try {
      child.send({ id: accepted, symbol: 'DEKA', price: 101.5, qty: 7 }, error => {
        if (error === null) settled += 1;
      });
      accepted += 1;
    } catch (error) {
      refused += 1;
      codes.add(/** @type {{ code?: unknown }} */ (error).code);
    }
    if (at % 1000 === 999) await new Promise(resolve => setImmediate(resolve)); // lets the kernel take what it will
  }
  const grown = memory.stop();
  const queued = child.queuedBytes;
  child.process.kill('SIGCONT');
  const arrived = textOf(/** @type {import('node:stream').Readable} */ (child.process.stdout));
  await child.close();
  const title = `${text(count)} messages`;
  return [
    exactly(`${title}: refused with`, 'ERR_QUEUE_FULL', [...codes].join()),
    exactly(`${title}: accepted and refused`, count, accepted + refused),
    below(`${title}: growth at its peak`, 48, grown.peakMib, 'MiB'),
    below(`${title}: queued`, 8 * MIB, queued, 'bytes'),
    exactly(
      `${title}: accepted, and arrived in order once the child went on`,
      accepted,
      Number(await arrived),
    ),
    exactly(`${title}: accepted, and their callbacks called without an error`, accepted, settled),
    figure(`${title}: refused`, refused),
  ];
}
