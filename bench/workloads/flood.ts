import type { Contender } from '../contender.js';
import { BASE, FORKS, names, OWN } from '../contenders.js';
import { MESSAGES, type MessageName } from '../messages.js';
import { NEIGHBOURS } from '../neighbours.js';
import { flood } from '../orders.js';
import {
  counted,
  type Figures,
  next,
  order,
  overLink,
  RATE,
  type Sizes,
  type Workload,
} from '../workload.js';

const CONTENDERS = names([...OWN, ...FORKS, ...NEIGHBOURS]);

/** Messages as fast as the link takes them, in either direction. */
export const FLOODS: readonly Workload[] = [
  up('small', { full: 1_000_000, quick: 50_000 }),
  up('1 KB', { full: 80_000, quick: 8_000 }),
  up('64 KB', { full: 2_000, quick: 200 }),
  down('small', { full: 1_000_000, quick: 50_000 }),
  down('1 KB', { full: 80_000 }),
  down('64 KB', { full: 2_000 }),
];

/** The child floods this process. */
export function floodUp(message: MessageName): (who: Contender, count: number) => Promise<Figures> {
  return (who, count) =>
    overLink(who, async end => {
      const all = counted(end, count);
      const start = performance.now();
      order(end, { do: 'flood', count, message });
      await all;
      return { rate: count / (performance.now() - start) };
    });
}

/** This process floods the child. */
export function floodDown(message: MessageName): (who: Contender, count: number) => Promise<Figures> {
  return (who, count) =>
    overLink(who, async end => {
      order(end, { do: 'count', count });
      const done = next(end);
      const start = performance.now();
      await flood(end, who.manner, count, MESSAGES[message]);
      await done;
      return { rate: count / (performance.now() - start) };
    });
}

/** `1 KB` → `1kb`, as in the names of workloads. */
export function inName(message: MessageName): string {
  return message.replace(' ', '').toLowerCase();
}

function up(message: MessageName, sizes: Sizes): Workload {
  return { ...shared('up', 'child → parent', message, sizes), run: floodUp(message) };
}

function down(message: MessageName, sizes: Sizes): Workload {
  return { ...shared('down', 'parent → child', message, sizes), run: floodDown(message) };
}

function shared(name: string, way: string, message: MessageName, sizes: Sizes): Omit<Workload, 'run'> {
  return {
    name: `flood-${name}-${inName(message)}`,
    title: `flood, ${way}, ${message}`,
    message,
    figures: [RATE],
    contenders: CONTENDERS,
    base: BASE,
    sizes,
    shared: true,
  };
}
