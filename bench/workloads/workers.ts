import { monitorEventLoopDelay } from 'node:perf_hooks';
import { BASE, FORKS, LOW_PRIORITY, names, OWN } from '../contenders.js';
import { NEIGHBOURS } from '../neighbours.js';
import { connect, type Figures, RATE, type Workload } from '../workload.js';
import { floodedBy, warmRate } from './flood.js';

/**
 * Small messages in all, however many send them. Of 64 children 500 000 lie in the kernel's buffers before the parent has its
 * first turn, and as many when the last child is done: neither is what many children at once cost.
 */
const TOTAL = 5_120_000;

/**
 * Each child compiles for itself, and grows a heap of its own: what it sends meanwhile costs twice as much and more, and would
 * be most of what 64 send. Who is slow, and measures a share of the messages, sends a share of these, or as many as it can.
 */
const WARM_EACH = 500_000;
const WARM_PART = 20_000;
const WARM_MS = 20_000;

/** Many children that send to one parent at the same time. */
export const WORKERS: readonly Workload[] = [1, 2, 4, 8, 16, 32, 64].map(children => ({
  name: `workers-${children}`,
  title: `${children} ${children === 1 ? 'child' : 'children at once'} → parent, small`,
  x: children,
  figures: [
    RATE,
    { name: 'loop p50', unit: 'ms', better: 'less' },
    { name: 'loop p99', unit: 'ms', better: 'less' },
  ],
  contenders: names([...OWN, ...LOW_PRIORITY, ...FORKS, ...NEIGHBOURS]),
  base: BASE,
  sizes: { full: TOTAL },
  shared: true,
  slow: true,
  run: async (who, total) => {
    const sides = await who.sides();
    const ends = await Promise.all(Array.from({ length: children }, () => connect(sides, who)));
    const flood = async (some: number) => {
      await Promise.all(ends.map(end => floodedBy(end, 'small', Math.ceil(some / children))));
    };
    const share = total / TOTAL;
    const warmEnd = performance.now() + WARM_MS;
    for (let sent = 0; sent < WARM_EACH && performance.now() < warmEnd; sent += WARM_PART)
      await flood(children * WARM_PART * share);
    const figures = await whileTurning(() => warmRate(flood, total));
    for (const end of ends) end.close();
    return figures;
  },
}));

/** With it, how long a timer of a millisecond takes meanwhile: for so long the parent does nothing else. */
async function whileTurning(measure: () => Promise<Figures>): Promise<Figures> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const figures = await measure();
  delays.disable();
  return { ...figures, 'loop p50': delays.percentile(50) / 1e6, 'loop p99': delays.percentile(99) / 1e6 };
}
