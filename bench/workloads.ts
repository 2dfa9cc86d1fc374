import type { Contender } from './contenders.js';
import type { End } from './ends.js';
import { MESSAGES, type MessageKind, type MessageName, smallMessage } from './messages.js';

/** What one fresh pair of processes measured: figures by name. */
export type Figures = Readonly<Record<string, number>>;

/** One thing to measure. `parent` runs in the measuring process and tells the child, through the link, what to do. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  /** The figures, the first of which is compared. */
  readonly figures: readonly {
    readonly name: string;
    readonly unit: string;
    readonly better: 'more' | 'less';
  }[];
  /** Contenders that make no sense here. */
  readonly without: readonly string[];
  /** Those that take part, where it is not all. */
  readonly contenders?: readonly string[];
  /** How much, in messages or megabytes: full and quick. */
  readonly size: number;
  readonly quickSize: number;
  /** Only in the first round of a quick run: it takes long. */
  readonly slow?: true;
  parent(end: End, contender: Contender, size: number): Promise<Figures>;
}

/** What the parent tells the child. */
export type Order =
  | { readonly do: 'flood'; readonly count: number; readonly message?: MessageName }
  | { readonly do: 'count'; readonly count: number }
  | { readonly do: 'echo' }
  | { readonly do: 'prepare'; readonly megabytes: number }
  | { readonly do: 'deliver' };

const SECOND = 1000;
export const rate = { name: 'rate', unit: 'k messages/s', better: 'more' } as const;
const time = { name: 'time', unit: 'ms', better: 'less' } as const;

/** Sends `count` messages, small ones by default, as fast as the link takes them. */
export async function flood(
  end: End,
  manner: Contender['manner'],
  count: number,
  { make, batch }: MessageKind = MESSAGES.small,
): Promise<void> {
  if (manner === 'one by one') {
    for (let id = 0; id < count; id += 1) {
      if (!end.send(make(id))) await end.ready();
    }
    return;
  }
  for (let id = 0; id < count; id += batch) {
    const messages = Array.from({ length: Math.min(batch, count - id) }, (_, i) => make(id + i));
    if (!end.sendMany(messages)) await end.ready();
  }
}

const floodUp: Workload = {
  name: 'flood-up',
  title: 'flood, child → parent',
  figures: [rate],
  without: [],
  size: 400_000,
  quickSize: 100_000,
  parent: async (end, _contender, count) => {
    const all = counted(end, count);
    const start = performance.now();
    order(end, { do: 'flood', count });
    await all;
    return { rate: count / (performance.now() - start) };
  },
};

const floodDown: Workload = {
  name: 'flood-down',
  title: 'flood, parent → child',
  figures: [rate],
  without: [],
  size: 400_000,
  quickSize: 100_000,
  parent: async (end, contender, count) => {
    order(end, { do: 'count', count });
    const done = next(end);
    const start = performance.now();
    await flood(end, contender.manner, count);
    await done;
    return { rate: count / (performance.now() - start) };
  },
};

const roundTrip: Workload = {
  name: 'round-trip',
  title: 'round trip, one message at a time',
  figures: [
    { name: 'p50', unit: 'µs', better: 'less' },
    { name: 'p99', unit: 'µs', better: 'less' },
  ],
  without: ['deka-ipc sendMany', 'fork json, waiting'],
  size: 20_000,
  quickSize: 4_000,
  parent: async (end, _contender, count) => {
    order(end, { do: 'echo' });
    await laps(end, count / 10); // warm
    const sorted = (await laps(end, count)).sort((a, b) => a - b);
    return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
  },
};

function large(megabytes: number): Workload {
  return {
    name: `large-${megabytes}`,
    title: `one message of ${megabytes} MB`,
    figures: [time],
    without: ['deka-ipc sendMany', 'fork json, waiting'],
    size: megabytes,
    quickSize: megabytes,
    slow: true,
    parent: async end => {
      order(end, { do: 'prepare', megabytes });
      await next(end);
      const start = performance.now();
      order(end, { do: 'deliver' });
      await next(end);
      return { time: performance.now() - start };
    },
  };
}

/** About the link, with JSON. */
export const LINK_WORKLOADS: readonly Workload[] = [floodUp, floodDown, roundTrip, large(32), large(64)];

let onNext: ((message: unknown) => void) | undefined;
const listening = new WeakSet<End>();

/** The next message. One listener per end, so that every contender has the same one. */
export function next(end: End): Promise<unknown> {
  if (!listening.has(end)) {
    listening.add(end);
    end.onMessage(message => {
      const told = onNext;
      onNext = undefined; // Node looks into each call of a promise's resolve, and the flood that follows is a million
      told?.(message);
    });
  }
  return new Promise(resolve => {
    onNext = resolve;
  });
}

/** Resolves with the last of so many messages. */
export function counted(end: End, count: number): Promise<void> {
  return new Promise(resolve => {
    let seen = 0;
    end.onMessage(() => {
      seen += 1;
      if (seen === count) resolve();
    });
  });
}

async function laps(end: End, count: number): Promise<number[]> {
  const micros: number[] = [];
  for (let id = 0; id < count; id += 1) {
    const start = performance.now();
    const back = next(end);
    end.send(smallMessage(id));
    await back;
    micros.push((performance.now() - start) * SECOND);
  }
  return micros;
}

/** The value below which this share of them lies. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Tells the child what to do. */
export function order(end: End, what: Order): void {
  end.send(what);
}
