import type { Contender, Sides } from './contender.js';
import type { End } from './ends.js';
import type { MessageName } from './messages.js';
import { CHILD } from './modules.js';
import type { Order } from './orders.js';

/** What one fresh pair of processes measured: figures by name. */
export type Figures = Readonly<Record<string, number>>;

/** One figure of a workload. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
}

/** How much there is to do: messages or requests, unless `of` says something else. */
export interface Sizes {
  readonly of?: 'megabytes' | 'starts';
  readonly full: number;
  /** In a quick run. Without it the workload is not part of one. */
  readonly quick?: number;
}

/** One thing to measure. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Those who take part, by name. */
  readonly contenders: readonly string[];
  /** The one whose figures are 1. */
  readonly base: string;
  readonly sizes: Sizes;
  /** The size of its messages, where it has others beside it that differ in nothing else. */
  readonly message?: MessageName;
  /** Its place in a row of workloads that differ in one number. */
  readonly x?: number;
  /** Why somebody is ahead of this library here, by name. */
  readonly notes?: Readonly<Record<string, string>>;
  /** Whether those who are slow may be given less: the figure does not depend on how much there is to do. */
  readonly shared?: true;
  /** Measured in the first round of a quick run alone: it takes long. */
  readonly onceIfQuick?: true;
  /** Takes minutes: part of a run only if asked for, by name or with `--full`. */
  readonly slow?: true;
  /** Runs in the measuring process. Tells the child, through the link, what to do. */
  run(who: Contender, size: number): Promise<Figures>;
}

export const RATE: Figure = { name: 'rate', unit: 'k messages/s', better: 'more' };

/** Starts a child that does as it is told, and waits until it is up. */
export async function connect(sides: Sides, who: Contender): Promise<End> {
  const end = await sides.start(CHILD, [who.name]);
  await next(end);
  return end;
}

/** A measurement over one link, which is closed afterwards. */
export async function overLink(who: Contender, measure: (end: End) => Promise<Figures>): Promise<Figures> {
  const end = await connect(await who.sides(), who);
  const figures = await measure(end);
  end.close();
  return figures;
}

/** The next message. */
export function next(end: End): Promise<unknown> {
  return new Promise(resolve => end.onMessage(resolve));
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

/** Tells the child what to do. */
export function order(end: End, what: Order): void {
  end.send(what);
}

/** The value below which this share of them lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
