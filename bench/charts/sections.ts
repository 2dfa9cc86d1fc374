// What is drawn: from a result to sections, each a row of panels. Knows no library that draws.
import { CONTENDERS } from '../contenders.js';
import type { Result } from '../result.js';
import type { Row } from '../summary.js';
import { WORKLOADS } from '../workloads.js';

/** A row of panels that have the same contenders, so that their names stand once. */
export interface Section {
  readonly title: string;
  /** What tells marks apart: the name of each, in the order of their colours. */
  readonly legend: readonly string[];
  readonly panels: readonly Panel[];
}

export type Panel = Bars | Dots | Lines;

interface PanelBase {
  readonly title: string;
  readonly unit: string;
  readonly better: Row['better'];
}

/** A bar for each contender, in each runtime. */
export interface Bars extends PanelBase {
  readonly kind: 'bars';
  readonly names: readonly string[];
  /** By runtime, then by name; null where it was not measured. */
  readonly values: readonly (readonly (number | null)[])[];
}

/** Percentiles of each contender on one line, in each runtime. */
export interface Dots extends PanelBase {
  readonly kind: 'dots';
  readonly names: readonly string[];
  readonly percentiles: readonly string[];
  /** By runtime, by percentile, by name. */
  readonly values: readonly (readonly (readonly (number | null)[])[])[];
}

/** One figure over a number, a line for each contender. */
export interface Lines extends PanelBase {
  readonly kind: 'lines';
  readonly xTitle: string;
  readonly yScale: 'linear' | 'log';
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number, number])[];
  }[];
}

interface Plan {
  readonly title: string;
  /** Names of workloads, each a panel. */
  readonly workloads: readonly string[];
  readonly as: 'bars' | 'dots';
}

const PLANS: readonly Plan[] = [
  { title: 'Throughput, child → parent', workloads: sized('flood-up'), as: 'bars' },
  { title: 'Throughput, parent → child', workloads: sized('flood-down'), as: 'bars' },
  { title: 'Latency of a request', workloads: ['round-trip', 'round-trip-under-load'], as: 'dots' },
  {
    title: 'One large message, and the start of a child',
    workloads: ['large-32', 'large-64', 'start'],
    as: 'bars',
  },
  { title: 'What loading costs a process', workloads: ['load'], as: 'bars' },
  { title: 'Codecs', workloads: sized('codecs'), as: 'bars' },
  { title: 'Against JSON alone, without a link', workloads: sized('limit'), as: 'bars' },
  { title: 'Bytes, against a raw pipe', workloads: ['bytes'], as: 'bars' },
];

/** Short titles: that of the section has said the rest. */
const TITLES: Readonly<Record<string, string>> = {
  'round-trip': 'one at a time',
  'round-trip-under-load': 'under load, every 100 µs',
  'large-32': '32 MB',
  'large-64': '64 MB',
  start: 'start',
  load: 'on top of a bare Node',
  bytes: '64 KB each',
};

/** The sections that the result has figures for. */
export function sectionsOf(result: Result): Section[] {
  return [...PLANS.flatMap(plan => sectionOf(plan, result)), ...overNumber(result)];
}

function sectionOf({ title, workloads, as }: Plan, { runs }: Result): Section[] {
  const rows = runs.flatMap(run => run.rows).filter(({ workload }) => workloads.includes(workload));
  if (rows.length === 0) return [];
  const names = known([...new Set(rows.map(({ contender }) => contender))]);
  const panels = workloads.flatMap(workload => {
    const own = rows.filter(row => row.workload === workload);
    return own.length === 0 ? [] : [as === 'bars' ? bars(own) : dots(own)];
  });
  return [{ title, legend: runs.map(({ runtime }) => runtime), panels }];

  function bars(own: readonly Row[]): Bars {
    return {
      kind: 'bars',
      ...about(own),
      names,
      values: runs.map(({ runtime }) => names.map(valueIn(own, runtime))),
    };
  }

  function dots(all: readonly Row[]): Dots {
    const own = all.filter(({ figure }) => figure.startsWith('p'));
    const percentiles = [...new Set(own.map(({ figure }) => figure))];
    return {
      kind: 'dots',
      ...about(own),
      names,
      percentiles,
      values: runs.map(({ runtime }) =>
        percentiles.map(percentile =>
          names.map(
            valueIn(
              own.filter(({ figure }) => figure === percentile),
              runtime,
            ),
          ),
        ),
      ),
    };
  }
}

/** Scale and workers: a panel for each runtime. */
function overNumber({ runs }: Result): Section[] {
  return [
    {
      prefix: 'scale-',
      title: 'Cost of a message, by how many there are',
      xTitle: 'messages',
      yScale: 'log' as const,
    },
    {
      prefix: 'workers-',
      title: 'Throughput, by how many children send at once',
      xTitle: 'children',
      yScale: 'linear' as const,
    },
  ].flatMap(({ prefix, title, xTitle, yScale }) => {
    const own = runs.map(({ runtime, rows }) => ({
      runtime,
      rows: rows.filter(({ workload }) => workload.startsWith(prefix)),
    }));
    const all = own.flatMap(({ rows }) => rows);
    if (all.length === 0) return [];
    const names = known([...new Set(all.map(({ contender }) => contender))]);
    const panels = own.map(
      ({ runtime, rows }): Lines => ({
        kind: 'lines',
        ...about(all),
        title: runtime,
        xTitle,
        yScale,
        lines: names.map(name => ({
          name,
          points: rows.filter(row => row.contender === name).flatMap(pointOf),
        })),
      }),
    );
    return [{ title, legend: names, panels }];
  });
}

function pointOf({ workload, median }: Row): [number, number][] {
  const x = WORKLOADS.find(({ name }) => name === workload)?.x;
  return x === undefined ? [] : [[x, median]];
}

function about(rows: readonly Row[]): PanelBase {
  const [{ workload, unit, better } = { workload: '', unit: '', better: 'more' as const }] = rows;
  const found = WORKLOADS.find(({ name }) => name === workload);
  return { title: TITLES[workload] ?? found?.message ?? workload, unit, better };
}

function valueIn(rows: readonly Row[], runtime: string): (name: string) => number | null {
  return name => rows.find(row => row.contender === name && row.runtime === runtime)?.median ?? null;
}

/** In the order that contenders have everywhere; those that this version does not know are left out. */
function known(names: readonly string[]): string[] {
  return CONTENDERS.map(({ name }) => name).filter(name => names.includes(name));
}

function sized(prefix: string): string[] {
  return ['small', '1kb', '64kb'].map(size => `${prefix}-${size}`);
}
