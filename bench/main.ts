#!/usr/bin/env node
// npm run bench -- --help, or, where the package is installed: npx deka-ipc bench --help
import { writeFileSync } from 'node:fs';
import { compare } from './against.js';
import { commandLine, type Options } from './arguments.js';
import { choose } from './choice.js';
import { listing } from './listing.js';
import { circumstances, ownVersion } from './machine.js';
import { findNode, OWN_NODE } from './nodes.js';
import { described, merged, type Result, readResult } from './result.js';
import { plan } from './rounds.js';
import { runAll } from './run.js';
import { summarize } from './summary.js';
import { digits, ratioText, table } from './table.js';

const program = commandLine(ownVersion(), bench);
try {
  await program.parseAsync();
} catch (error) {
  program.error(`error: ${(error as Error).message}`);
}

async function bench(options: Options): Promise<void> {
  if (options.list) {
    console.log(listing());
    return;
  }
  const before = options.against === undefined ? undefined : readResult(options.against);
  const result = options.from === undefined ? await measured(options) : read(options.from);
  show(result);
  await write(result, options);
  if (before !== undefined) showSlower(before, result);
}

function read([first, ...others]: readonly [string, ...string[]]): Result {
  return merged([readResult(first), ...others.map(readResult)]);
}

async function measured(options: Options): Promise<Result> {
  const { quick, count } = options;
  const rounds = options.rounds ?? (quick ? 3 : 7);
  const runtimes = options.node?.map(one => findNode(one)) ?? [OWN_NODE];
  const { workloads, contenders, missing, leftOut } = choose(options);
  for (const { contender, why } of missing) console.log(`without ${contender.name}: ${why}`);
  if (leftOut.length > 0) console.log(`quick, so without ${leftOut.map(({ name }) => name).join('; ')}`);

  const tasks = plan({ workloads, contenders, runtimes, rounds, quick, count });
  const outcome = await runAll(tasks);
  for (const { task, reason } of outcome.failures) {
    console.log(`failed: ${task.contender.name}, ${task.workload.name}, ${task.runtime.name}: ${reason}`);
    process.exitCode = 1;
  }
  const rows = summarize(outcome.measured);
  return {
    ...circumstances(contenders, rounds, quick),
    runs: runtimes.map(({ name }) => ({
      runtime: name,
      rows: rows.filter(({ runtime }) => runtime === name),
    })),
  };
}

function show(result: Result): void {
  for (const run of result.runs) console.log(`\n${run.runtime}\n${table(run)}`);
  console.log(`\n${described(result).join('\n')}`);
  console.log(
    'Fresh processes for each measurement, contenders in turn; ratio: to the base, median by round.',
  );
}

async function write(result: Result, { json, html, svg }: Options): Promise<void> {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, undefined, 2)}\n`);
  // The library that draws is loaded by those who want a drawing.
  if (svg !== undefined) writeFileSync(svg, (await import('./charts/svg.js')).svg(result));
  if (html !== undefined) writeFileSync(html, (await import('./charts/html.js')).html(result));
  for (const file of [json, svg, html]) if (file !== undefined) console.log(`written to ${file}`);
}

function showSlower(before: Result, now: Result): void {
  const { slower, compared } = compare(before, now);
  console.log(
    `\n${slower.length} of ${compared} rows slower than on ${before.date.slice(0, 10)}, beyond the noise`,
  );
  for (const { row, before: then, now: ratio, worse } of slower) {
    const percent = digits((worse - 1) * 100);
    console.log(
      `  ${row.runtime}, ${row.workload}, ${row.contender}, ${row.figure}: ${percent} % (× ${row.base}: ${ratioText(then)} → ${ratioText(ratio)})`,
    );
  }
  if (slower.length > 0) process.exitCode = 1;
}
