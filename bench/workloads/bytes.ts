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
  sizes: { full: 160_000, quick: 1_000 },
  run: receive,
};

/** Of what comes, so much is not measured: nothing is warm yet. At full size that is half a second or more. */
const WARM_SHARE = 1 / 4;

/** The child is told by its arguments: a raw pipe knows no messages. */
async function receive(who: Contender, count: number): Promise<Figures> {
  const order: Order = { do: 'flood bytes', count, bytes: FRAME_BYTES };
  const end = await (await who.sides()).start(CHILD, [who.name, JSON.stringify(order)]);
  const total = count * FRAME_BYTES;
  let arrived = 0;
  let before = 0;
  let start = Number.NaN;
  const ms = await new Promise<number>(resolve => {
    end.onMessage(message => {
      arrived += (message as Uint8Array).byteLength;
      if (before === 0 && arrived >= total * WARM_SHARE) {
        before = arrived;
        start = performance.now();
      }
      if (arrived === total) resolve(performance.now() - start);
    });
  });
  end.close();
  return { throughput: (total - before) / 1000 / ms };
}
