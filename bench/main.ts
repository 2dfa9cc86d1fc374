// npm run bench -- [--quick] [--rounds N] [--only WORKLOAD] [--json FILE]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import { WORKLOADS, workload } from './all.js';
import { circumstances, table } from './report.js';
import { type Measured, measure, plan } from './rounds.js';
import { summarize } from './summary.js';
import { LINK_WORKLOADS } from './workloads.js';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 3 : 7));
const workloads = options.only?.map(workload) ?? (options.quick ? LINK_WORKLOADS : WORKLOADS);
const tasks = plan(workloads, rounds, options.quick);

const where = circumstances(rounds, options.quick);
console.log(`Node ${where.node}, ${where.cores} × ${where.cpu}, ${where.system}, commit ${where.commit}`);
console.log(
  `${rounds} rounds, fresh processes for each measurement, contenders in turn; ratio: median by round\n`,
);

const bar = new SingleBar(
  { format: '{bar} {value}/{total} {what}', clearOnComplete: true, noTTYOutput: true, notTTYSchedule: 5000 },
  Presets.shades_classic,
);
bar.start(tasks.length, 0, { what: '' });
const measured: Measured[] = [];
for (const task of tasks) {
  bar.update(measured.length, { what: `${task.workload.title}: ${task.contender}` });
  measured.push(await measure(task));
}
bar.stop();

const rows = summarize(measured);
console.log(table(rows));
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ ...where, rows }, undefined, 2)}\n`);
  console.log(`written to ${options.json}`);
}
