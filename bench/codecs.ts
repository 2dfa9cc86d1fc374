import { BASE, CODEC_CONTENDERS } from './contenders.js';
import type { MessageName } from './messages.js';
import { counted, order, rate, type Workload } from './workloads.js';

const CONTENDERS = [...CODEC_CONTENDERS.map(({ name }) => name), BASE, 'fork advanced'];

/** One way, child to parent, with messages of this size. */
function flood(message: MessageName, size: number): Workload {
  return {
    name: `codecs-${message.replace(' ', '').toLowerCase()}`,
    title: `codecs, child → parent, ${message}`,
    figures: [rate],
    without: [],
    contenders: CONTENDERS,
    size,
    quickSize: size / 4,
    parent: async (end, _contender, count) => {
      const all = counted(end, count);
      const start = performance.now();
      order(end, { do: 'flood', count, message });
      await all;
      return { rate: count / (performance.now() - start) };
    },
  };
}

/** How fast each codec is, and what `sendMany` gains. */
export const CODEC_WORKLOADS: readonly Workload[] = [
  flood('small', 400_000),
  flood('1 KB', 100_000),
  flood('64 KB', 2_000),
];
