import type { Contender, Sides } from '../contender.js';
import { BASE, FORKS, names, OWN } from '../contenders.js';
import { UP } from '../modules.js';
import { NEIGHBOURS } from '../neighbours.js';
import { next, percentile, type Workload } from '../workload.js';

/** From the call that starts a child to its first message. The child does nothing else. */
export const start: Workload = {
  name: 'start',
  title: 'start of a child, to its first message',
  figures: [{ name: 'p50', unit: 'ms', better: 'less' }],
  contenders: names([...OWN, ...FORKS, ...NEIGHBOURS]).filter(
    name => name !== 'deka-ipc sendMany' && name !== 'fork json, waiting',
  ),
  base: BASE,
  notes: {
    'fork json': 'its child loads nothing but Node',
    'fork advanced': 'its child loads nothing but Node',
    MessagePort: 'a thread of the same process: no process is started',
    'Bun fork': 'starts Bun, which starts faster than Node',
    'Deno fork': 'starts Deno, which starts faster than Node',
  },
  sizes: { of: 'starts', full: 20, quick: 3 },
  run: async (who, count) => {
    const sides = await who.sides();
    const times: number[] = [];
    for (let child = 0; child < count; child += 1) times.push(await timeOf(sides, who));
    return { p50: percentile(times, 0.5) };
  },
};

async function timeOf({ start: startChild, up = UP }: Sides, { name }: Contender): Promise<number> {
  const begin = performance.now();
  const end = await startChild(up, [name]);
  await next(end);
  const time = performance.now() - begin;
  end.close();
  return time;
}
