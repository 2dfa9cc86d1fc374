// @ts-check
import { fork as nodeFork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { fork } from 'deka-ipc';
import { fork as faceFork } from 'deka-ipc/child_process';
import { exactly, figure, text, times } from '../scenario.js';

const COUNT = 20_000;
const LANES = 2;
const RUNS = 100;
const CHILD = path('exit.js');
const PARENT = path('exiting-parent.js');

/** @typedef {(how: string) => Promise<number>} Arrived how many came, in order */

/** @type {readonly [what: string, run: Arrived, how: string][]} */
const ours = [
  ['process.exit()', overChannel, 'exit'],
  ['an uncaught exception', overChannel, 'throw'],
  ['an unhandled rejection', overChannel, 'reject'],
  ['process.exit() under deka-ipc/child_process', overFace, 'exit'],
  ['process.exit() of a parent', towardsChild, 'channel'],
  ['process.exit() of a parent, deka-ipc/child_process', towardsChild, 'face'],
];
/** @type {readonly [what: string, run: Arrived, how: string][]} */
const nodes = [
  ['process.exit(), node:child_process', overNode, 'exit'],
  ['an uncaught exception, node:child_process', overNode, 'throw'],
  ['process.exit() of a parent, node:child_process', towardsChild, 'node'],
];

/** @type {import('../scenario.js').Scenario} */
export async function run({ scaled }) {
  const findings = [];
  for (const [what, arrived, how] of ours) {
    const runs = scaled(RUNS);
    const counts = await repeated(runs, arrived, how);
    findings.push(exactly(`${what}, ${runs} times: arrived`, text(COUNT), spread(counts)));
  }
  for (const [what, arrived, how] of nodes) {
    const runs = scaled(RUNS / 10);
    findings.push(figure(`${what}, ${runs} times: arrived`, spread(await repeated(runs, arrived, how))));
  }
  return findings;
}

/** @param {number} runs @param {Arrived} arrived @param {string} how */
async function repeated(runs, arrived, how) {
  /** @type {number[]} */
  const counts = [];
  await times(runs, LANES, async () => {
    counts.push(await arrived(how));
  });
  return counts;
}

/** @param {number[]} counts */
function spread(counts) {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? text(most) : `${text(least)} to ${text(most)}`;
}

/** @type {Arrived} */
async function overChannel(how) {
  /** @type {import('deka-ipc').ChildChannel<never, { id: number }>} */
  const child = fork(CHILD, ['channel', how, String(COUNT)], { stdio: 'ignore' });
  let next = 0;
  await child.messages$.forEach(({ id }) => {
    if (id === next) next += 1;
  });
  return next;
}

/** @type {Arrived} */
function overFace(how) {
  return overEvents(faceFork(CHILD, ['process', how, String(COUNT)], STDIO));
}

/** @type {Arrived} */
function overNode(how) {
  return overEvents(nodeFork(CHILD, ['process', how, String(COUNT)], STDIO));
}

/** @type {import('node:child_process').ForkOptions} */
const STDIO = { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] };

/** @param {import('node:child_process').ChildProcess} child */
async function overEvents(child) {
  let next = 0;
  child.on('message', message => {
    if (/** @type {{ id: number }} */ (message).id === next) next += 1;
  });
  await once(child, 'close');
  return next;
}

/** @type {Arrived} */
async function towardsChild(by) {
  // The child has the same stdout, which ends when both are gone.
  const parent = spawn(process.execPath, [PARENT, by, String(COUNT)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Number(await textOf(parent.stdout));
}

/** @param {string} file */
function path(file) {
  return fileURLToPath(new URL(`../children/${file}`, import.meta.url));
}
