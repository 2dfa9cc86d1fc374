import { BASE, FORKS, names, OWN } from '../contenders.js';
import { NEIGHBOURS } from '../neighbours.js';
import { next, order, overLink, type Sizes, type Workload } from '../workload.js';

/** One message that is as long as many. */
export const LARGE: readonly Workload[] = [
  large(32, { of: 'megabytes', full: 32, quick: 32 }),
  large(64, { of: 'megabytes', full: 64 }),
];

function large(megabytes: number, sizes: Sizes): Workload {
  return {
    name: `large-${megabytes}`,
    title: `one message of ${megabytes} MB`,
    figures: [{ name: 'time', unit: 'ms', better: 'less' }],
    contenders: names([...OWN, ...FORKS, ...NEIGHBOURS]).filter(
      // One message is one message.
      name => name !== 'deka-ipc sendMany' && name !== 'fork json, waiting',
    ),
    base: BASE,
    sizes,
    onceIfQuick: true,
    run: (who, size) =>
      overLink(who, async end => {
        order(end, { do: 'prepare', megabytes: size });
        await next(end);
        const start = performance.now();
        const delivered = next(end);
        end.send('deliver');
        await delivered;
        return { time: performance.now() - start };
      }),
  };
}
