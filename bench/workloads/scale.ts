import { FORKS, names, OWN } from '../contenders.js';
import { NEIGHBOURS } from '../neighbours.js';
import { overLink, type Workload } from '../workload.js';
import { floodedBy } from './flood.js';

const COUNTS = { '1k': 1e3, '10k': 1e4, '100k': 1e5, '1m': 1e6, '10m': 1e7 };
/** Beyond this a sender that does not wait would need gigabytes for its queue. */
const WAIT_BEYOND = 1e6;

/** What a message costs when there are few of them and when there are very many. */
export const SCALE: readonly Workload[] = Object.entries(COUNTS).map(([text, count]) => ({
  name: `scale-${text}`,
  title: `${text.toUpperCase()} small messages, child → parent, from the first one: nothing is warm`,
  x: count,
  figures: [{ name: 'cost', unit: 'ns/message', better: 'less' }],
  contenders: names(
    [...OWN, ...FORKS, ...NEIGHBOURS].filter(
      ({ tellsToWait, share = 1 }) => (tellsToWait || count < WAIT_BEYOND) && share === 1,
    ),
  ),
  base: 'fork json, waiting',
  sizes: { full: count },
  slow: true,
  run: (who, total) =>
    overLink(who, async end => {
      const start = performance.now();
      await floodedBy(end, 'small', total);
      return { cost: ((performance.now() - start) * 1e6) / total };
    }),
}));
