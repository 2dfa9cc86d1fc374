import type { Histogram, RecordableHistogram } from 'node:perf_hooks';
import { IpcError, reasonOf } from '../errors.js';
import { builtin } from '../transport/builtin.js';

/** How long what was written in some span of time had waited in the send queue, in nanoseconds. */
export interface QueueDelaySummary {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Where delays are seen. */
export interface DelaySource {
  /** From now on told how long the oldest message of each write had waited, from `send` on, when it is handed on. */
  recordDelays(record: (delayMs: number) => void): void;
}

/** Told each delay, in nanoseconds. */
export type DelayWatcher = (nanoseconds: number) => void;

const NANOSECONDS_PER_MS = 1e6;
/** Within 1 %, in 55 KiB. The three digits of Node's default take 360. */
const FIGURES = 2;

/** The delays of one channel: in a histogram from when it is first asked for, and from then on to whoever watches. */
export class QueueDelay {
  readonly #source: DelaySource;
  readonly #watchers = new Set<DelayWatcher>();
  #histogram: Histogram | undefined;

  constructor(source: DelaySource) {
    this.#source = source;
  }

  /** The same one each time; the first time it begins to record. */
  histogram(): Histogram {
    this.#histogram ??= this.#record(delayHistogram());
    return this.#histogram;
  }

  /** @returns what ends it. */
  watch(watcher: DelayWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  #record(histogram: RecordableHistogram): Histogram {
    this.#source.recordDelays(delayMs => {
      // A histogram takes whole numbers from 1.
      const nanoseconds = Math.max(1, Math.round(delayMs * NANOSECONDS_PER_MS));
      histogram.record(nanoseconds);
      for (const watcher of this.#watchers) watcher(nanoseconds);
    });
    return histogram;
  }
}

/** Made when it is first asked for. */
export function queueDelayOf(source: DelaySource): QueueDelay {
  return new QueueDelay(source);
}

/** The delays between one look and the next. Nobody else resets its histogram, which is made with the first delay. */
export class DelayWindow {
  #histogram: RecordableHistogram | undefined;

  readonly add: DelayWatcher = nanoseconds => {
    this.#histogram ??= delayHistogram();
    this.#histogram.record(nanoseconds);
  };

  /** Those since the last call. Undefined if there were none. */
  take(): QueueDelaySummary | undefined {
    const histogram = this.#histogram;
    if (histogram === undefined || histogram.count === 0) return undefined;
    const summary = { p50: histogram.percentile(50), p99: histogram.percentile(99), max: histogram.max };
    histogram.reset();
    return summary;
  }
}

/** @throws `ERR_UNSUPPORTED_PLATFORM` where the runtime has none. */
export function delayHistogram(
  { createHistogram }: Partial<typeof import('node:perf_hooks')> = builtin('node:perf_hooks'),
): RecordableHistogram {
  try {
    if (createHistogram !== undefined) return createHistogram({ figures: FIGURES });
  } catch (cause) {
    throw unsupported(`refuses: ${reasonOf(cause)}`, { cause });
  }
  throw unsupported('is missing');
}

function unsupported(what: string, options: { readonly cause?: unknown } = {}): IpcError {
  return new IpcError(
    'ERR_UNSUPPORTED_PLATFORM',
    `queueDelay() needs createHistogram() of node:perf_hooks, which on this runtime ${what}. Update the runtime, or time ` +
      'flush() yourself: it resolves when the kernel has what was sent.',
    options,
  );
}
