// @ts-check
// npm run test:storm [-- --seed N --minutes M --only NAME --node MAJOR]     npm run test:soak [-- …]
// Every scenario in a process of its own, one after the other; the figures as a table. The same seed draws the same kills,
// damages and faults; what the system schedules between them is its own.
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { node, own } from '../interop/runtimes.js';
import { scenarios } from './scenarios.js';
import { startScenario } from './start.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    minutes: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    node: { type: 'string', default: '' },
  },
});
const seed = Number(values.seed);
const minutes = Number(values.minutes);
if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number; it is ${values.seed}`);
if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0; it is ${values.minutes}`);
const plan = positionals[0] ?? 'storm';
const chosen = scenarios.filter(one => one.plan === plan && one.name.includes(values.only));
if (chosen.length === 0) throw new Error(`no scenario of ${plan} is called ${values.only}`);

const table = new Table({
  head: ['', 'wanted', 'seen', ''],
  style: { head: [], border: [], compact: true },
  wordWrap: true,
  colWidths: [62, 24, 44, 3],
});
let failed = 0;
console.log(`npm run test:${plan} -- --seed ${seed} --minutes ${minutes}    on ${own.name}`);
const started = performance.now();
for (const { name, shows, everyNode } of chosen) {
  const runtimes = everyNode ? node.filter(one => one.name.startsWith(`Node ${values.node}`)) : [own];
  for (const runtime of runtimes) await show(name, shows, runtime);
}
console.log(table.toString());
console.log(
  `${seconds(started)} seconds, seed ${seed}: ${failed === 0 ? 'all as wanted' : `${failed} FAILED`}`,
);
if (failed > 0) process.exitCode = 1;

/** @param {string} name @param {string} shows @param {import('../interop/runtimes.js').Runtime} runtime */
async function show(name, shows, runtime) {
  const title = `${name}: ${shows}`;
  if (runtime.path === undefined) {
    table.push([{ colSpan: 4, content: `${title} (${runtime.name} is not installed)` }]);
    return;
  }
  const from = performance.now();
  const limitMs = 60_000 + 2 * minutes * 60_000;
  const findings = await startScenario(name, { seed, minutes, execPath: runtime.path, limitMs });
  table.push([{ colSpan: 4, content: `${title} (${runtime.name}, ${seconds(from)} s)` }]);
  for (const { what, wanted, seen, ok } of findings) {
    if (ok === false) failed += 1;
    const mark = ok === undefined ? '' : ok ? '✓' : '✗';
    console.error(`${name}  ${what}  ${wanted}  ${seen}  ${mark}`);
    table.push([`  ${what}`, wanted, seen, mark]);
  }
}

/** @param {number} since */
function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(0);
}
