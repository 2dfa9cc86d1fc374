import type { Contender } from '../contender.js';
import { BASE, FORKS, names, OWN } from '../contenders.js';
import type { End } from '../ends.js';
import { MESSAGES, type MessageName } from '../messages.js';
import { NEIGHBOURS } from '../neighbours.js';
import { type Expect, flood } from '../orders.js';
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
  return (who, count) => overLink(who, end => warmRate(some => floodedBy(end, message, some), count));
}

/** This process floods the child. */
export function floodDown(message: MessageName): (who: Contender, count: number) => Promise<Figures> {
  return (who, count) =>
    overLink(who, end => {
      order(end, { do: 'count' });
      return warmRate(some => flooding(end, who, message, some), count);
    });
}

/** How long a flood is made before it is measured, unless it is as long by then as the one that is. */
const WARM_MS = 1000;
const WARM_PARTS = 8;

/** The rate of a flood when all is compiled, and the heap has its size. */
export async function warmRate(floodOf: (count: number) => Promise<void>, count: number): Promise<Figures> {
  const warmEnd = performance.now() + WARM_MS;
  for (let part = 0; part < WARM_PARTS && performance.now() < warmEnd; part += 1)
    await floodOf(Math.ceil(count / WARM_PARTS));
  const start = performance.now();
  await floodOf(count);
  return { rate: count / (performance.now() - start) };
}

/** Orders a flood, and waits for its last message. */
export async function floodedBy(end: End, message: MessageName, count: number): Promise<void> {
  const all = counted(end, count);
  order(end, { do: 'flood', count, message });
  await all;
}

/** Floods, and waits until the child says that it has all. */
async function flooding(end: End, who: Contender, message: MessageName, count: number): Promise<void> {
  const done = next(end);
  const expect: Expect = { expect: count };
  end.send(expect);
  await flood(end, who.manner, count, MESSAGES[message]);
  await done;
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
