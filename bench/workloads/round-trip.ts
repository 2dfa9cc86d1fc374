import { BASE, FORK_IN_WINDOW, FORKS, names, OWN, POLLING } from '../contenders.js';
import type { End } from '../ends.js';
import { smallMessage } from '../messages.js';
import { NEIGHBOURS } from '../neighbours.js';
import { underLoadEnd } from '../orders.js';
import { type Figure, type Figures, next, order, overLink, percentile, type Workload } from '../workload.js';

const MICROS = 1000;
const P50: Figure = { name: 'p50', unit: 'µs', better: 'less' };
const P99: Figure = { name: 'p99', unit: 'µs', better: 'less' };
const P999: Figure = { name: 'p99.9', unit: 'µs', better: 'less' };

/** A request that waits for its answer before the next one. */
export const roundTrip: Workload = {
  name: 'round-trip',
  title: 'round trip, one message at a time',
  figures: [P50, P99, P999],
  contenders: names([...OWN, ...POLLING, ...FORKS, ...NEIGHBOURS]).filter(
    // The same as without `Many` and without `waiting`, one message at a time.
    name => name !== 'deka-ipc sendMany' && name !== 'fork json, waiting',
  ),
  base: BASE,
  sizes: { full: 20_000, quick: 2_000 },
  run: (who, count) =>
    overLink(who, async end => {
      order(end, { do: 'echo' });
      // As many again: as long as something is being compiled, the compiler's thread takes the processor from whoever looks.
      await laps(end, count);
      return percentiles(await laps(end, count));
    }),
};

/** How often a request is due beside the flood, in milliseconds. */
const INTERVAL_MS = 0.1;

/** A request every 100 µs, while the child floods this process over the same link as fast as it is taken. */
export const underLoad: Workload = {
  name: 'round-trip-under-load',
  title: 'round trip beside a flood the other way',
  figures: [P50, P99, P999, { name: 'flood', unit: 'k messages/s', better: 'more' }],
  contenders: names([...OWN, ...FORKS, FORK_IN_WINDOW, ...NEIGHBOURS]),
  base: BASE,
  sizes: { full: 20_000, quick: 3_000 },
  shared: true,
  run: (who, count) => overLink(who, end => requestsUnderLoad(underLoadEnd(who, end), end, count)),
};

async function requestsUnderLoad(link: End, plain: End, count: number): Promise<Figures> {
  const warm = count / 10;
  const total = count + warm;
  const latencies: number[] = [];
  let flooded = 0;
  let begin = Number.NaN;
  order(plain, { do: 'flood and answer' });

  const answered = new Promise<void>(resolve => {
    link.onMessage(message => {
      const { answer } = message as { readonly answer?: number };
      if (answer === undefined) {
        flooded += 1;
        return;
      }
      if (answer >= warm) latencies.push((performance.now() - due(answer)) * MICROS);
      if (answer === total - 1) resolve();
    });
  });
  while (flooded === 0) await turn();
  begin = performance.now();
  const floodedBefore = flooded;
  // Whatever is due is sent, and its latency counted from then: a sender that was held up does not hide it.
  for (let id = 0; id < total; await turn()) {
    for (; id < total && performance.now() >= due(id); id += 1) link.send({ request: id });
  }
  await answered;
  const flood = (flooded - floodedBefore) / (performance.now() - begin);
  await stopped(link);
  return { ...percentiles(latencies), flood };

  function due(id: number): number {
    return begin + id * INTERVAL_MS;
  }
}

function stopped(link: End): Promise<void> {
  return new Promise(resolve => {
    link.onMessage(message => {
      if (message === 'stopped') resolve();
    });
    link.send('stop');
  });
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

async function laps(end: End, count: number): Promise<number[]> {
  const micros: number[] = [];
  for (let id = 0; id < count; id += 1) {
    const start = performance.now();
    const back = next(end);
    end.send(smallMessage(id));
    await back;
    micros.push((performance.now() - start) * MICROS);
  }
  return micros;
}

function percentiles(micros: readonly number[]): Figures {
  return { p50: percentile(micros, 0.5), p99: percentile(micros, 0.99), 'p99.9': percentile(micros, 0.999) };
}
