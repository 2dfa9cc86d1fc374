import type { Contender } from '../contender.js';
import { RAW_PIPE } from '../contenders.js';
import { CHILD } from '../modules.js';
import type { Order } from '../orders.js';
import type { Figures, Workload } from '../workload.js';

const FRAME_BYTES = 64 * 1024;

/** Frames that nobody has to encode, against the pipe itself. */
export const bytes: Workload = {
  name: 'bytes',
  title: 'Uint8Arrays of 64 KB, child → parent',
  figures: [{ name: 'throughput', unit: 'MB/s', better: 'more' }],
  contenders: [RAW_PIPE, 'deka-ipc bytes', 'v8 send', 'msgpack send', 'fork advanced', 'MessagePort'],
  base: RAW_PIPE,
  sizes: { full: 30_000, quick: 1_000 },
  run: receive,
};

/** The child is told by its arguments: a raw pipe knows no messages. Counts from the first arrival on. */
async function receive(who: Contender, count: number): Promise<Figures> {
  const order: Order = { do: 'flood bytes', count, bytes: FRAME_BYTES };
  const end = await (await who.sides()).start(CHILD, [who.name, JSON.stringify(order)]);
  let missing = count * FRAME_BYTES;
  let first = 0;
  let start = Number.NaN;
  const ms = await new Promise<number>(resolve => {
    end.onMessage(message => {
      const { byteLength } = message as Uint8Array;
      missing -= byteLength;
      if (first === 0) {
        first = byteLength;
        start = performance.now();
      }
      if (missing === 0) resolve(performance.now() - start);
    });
  });
  end.close();
  return { throughput: (count * FRAME_BYTES - first) / 1000 / ms };
}
