import type { Contender } from './contenders.js';
import { next, percentile, type Workload } from './workloads.js';

/** From the call that starts a child to its first message. The child does nothing else. */
export const start: Workload = {
  name: 'start',
  title: 'start of a child, to its first message',
  figures: [{ name: 'p50', unit: 'ms', better: 'less' }],
  without: ['deka-ipc sendMany', 'fork json, waiting'],
  size: 20,
  quickSize: 5,
  parent: async (_end, contender, count) => {
    const times: number[] = [];
    for (let child = 0; child < count; child += 1) times.push(await timeOf(contender));
    return {
      p50: percentile(
        times.sort((a, b) => a - b),
        0.5,
      ),
    };
  },
};

async function timeOf({ start: startChild, up }: Contender): Promise<number> {
  const begin = performance.now();
  const end = startChild(new URL(up, import.meta.url), []);
  await next(end);
  const time = performance.now() - begin;
  end.close();
  return time;
}
