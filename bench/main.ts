// npm run bench -- [--quick] [--full] [--rounds N] [--only WORKLOAD] [--contender NAME] [--json FILE]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import { contender } from './contenders.js';
import { whyMissing } from './packages.js';
import { circumstances, table } from './report.js';
import { type Measured, measure, plan } from './rounds.js';
import { summarize } from './summary.js';
import { WORKLOADS, workloadsNamed } from './workloads.js';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', multiple: true },
    contender: { type: 'string', multiple: true },
    count: { type: 'string' },
    json: { type: 'string' },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 3 : 7));
const workloads =
  options.only?.flatMap(workloadsNamed) ??
  WORKLOADS.filter(
    ({ slow, sizes }) => (slow !== true || options.full) && (!options.quick || sizes.quick !== undefined),
  );
const chosen = new Set(workloads.flatMap(({ contenders }) => contenders).map(contender));
const taking = [...chosen].filter(
  ({ name, notIfQuick }) => options.contender?.includes(name) ?? !(options.quick && notIfQuick === true),
);
const missing = taking.flatMap(one => {
  const why = whyMissing(one);
  return why === undefined ? [] : [{ contender: one, why }];
});
const tasks = plan({
  workloads,
  rounds,
  quick: options.quick,
  runtimes: [{ name: `Node ${process.versions.node}`, path: process.execPath }],
  count: options.count === undefined ? undefined : Number(options.count),
  takesPart: one => taking.includes(one) && !missing.some(({ contender }) => contender === one),
});

const where = circumstances(rounds, options.quick);
console.log(`Node ${where.node}, ${where.cores} × ${where.cpu}, ${where.system}, commit ${where.commit}`);
console.log(
  `${rounds} rounds, fresh processes for each measurement, contenders in turn; ratio: median by round\n`,
);

for (const { contender, why } of missing) console.log(`without ${contender.name}: ${why}`);

const bar = new SingleBar(
  { format: '{bar} {value}/{total} {what}', clearOnComplete: true, noTTYOutput: true, notTTYSchedule: 5000 },
  Presets.shades_classic,
);
bar.start(tasks.length, 0, { what: '' });
const measured: Measured[] = [];
for (const task of tasks) {
  bar.update(measured.length, { what: `${task.workload.title}: ${task.contender.name}` });
  measured.push(await measure(task));
}
bar.stop();

const rows = summarize(measured);
console.log(table(rows));
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ ...where, rows }, undefined, 2)}\n`);
  console.log(`written to ${options.json}`);
}
