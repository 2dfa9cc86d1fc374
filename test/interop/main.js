// @ts-check
// npm run test:interop [-- FILTER]
// Every runtime that npm can bring, and what else is on the machine, on either side of this library. One dialogue for
// each ending: ten thousand messages there and back, one of 1 MB, and an orderly end. FILTER: only rows that contain it.
import Table from 'cli-table3';
import { asChildRows, asParentRows } from './cells.js';
import { EXIT_CODE } from './dialogue.js';
import { own } from './runtimes.js';

/** @typedef {import('./cells.js').Row} Row */
/** @typedef {import('./dialogue.js').Ending} Ending */
/** @typedef {import('./pairs.js').Outcome} Outcome */

/** How long one dialogue may take, in milliseconds. */
const LIMIT_MS = 15_000;
/** @type {readonly (keyof import('./dialogue.js').Findings)[]} */
const CONTENTS = ['there', 'back', 'text', 'large'];
/** @type {readonly Ending[]} */
const ENDINGS = ['child', 'parent', 'exit'];
const HEAD = ['wire', 'there', 'back', 'text', '1 MB', 'child leaves', 'parent leaves', 'exit()', 'ms'];

const filter = process.argv[2] ?? '';
/** @type {string[]} */
const notes = [];
/** @type {string[]} */
const failures = [];
let dialogues = 0;

const started = performance.now();
await show(`deka-ipc on ${own.name} is the parent of`, asParentRows);
await show(`deka-ipc on ${own.name} is the child of`, asChildRows);
notes.forEach((note, index) => {
  console.log(`${index + 1}  ${note}`);
});
for (const failure of failures) console.log(`\nFAILED ${failure}`);
console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} seconds, one dialogue for each ending:`);
console.log(`${dialogues - failures.length} passed, ${failures.length} failed`);
if (failures.length > 0) process.exitCode = 1;

/** @param {string} title @param {readonly Row[]} rows */
async function show(title, rows) {
  const table = new Table({ head: [title, ...HEAD], style: { head: [], border: [], compact: true } });
  const chosen = rows.filter(({ peer, wire }) => `${peer}, ${wire}`.includes(filter));
  if (chosen.length === 0) return;
  for (const row of chosen) {
    const cells = await cellsOf(row);
    console.error(`${row.peer}, ${row.wire}: ${cells.join(' ')}`);
    table.push([row.peer, row.wire, ...cells]);
  }
  console.log(table.toString());
}

/** @param {Row} row @returns {Promise<string[]>} */
async function cellsOf(row) {
  const { pair, needs, endings = [] } = row;
  if (needs.some(({ path }) => path === undefined)) return ['not installed', ...HEAD.slice(2).map(() => '')];
  if (pair === undefined) return [...HEAD.slice(2).map(() => `– ${noteOf(row)}`), ''];
  const start = performance.now();
  /** @type {Map<Ending, Outcome>} */
  const outcomes = new Map();
  for (const by of endings) outcomes.set(by, await outcomeOf(row, pair, by));
  const ms = performance.now() - start;
  return [
    ...CONTENTS.map(what => mark([...outcomes.values()].every(outcome => outcome[what]))),
    ...ENDINGS.map(by => {
      const outcome = outcomes.get(by);
      return outcome === undefined ? `– ${noteOf(row)}` : endingOf(outcome);
    }),
    ms.toFixed(0),
  ];
}

/** @param {Row} row @param {import('./pairs.js').Pair} pair @param {Ending} by @returns {Promise<Outcome>} */
async function outcomeOf({ peer, wire }, pair, by) {
  dialogues += 1;
  const signal = AbortSignal.timeout(LIMIT_MS);
  /** @type {Outcome} */
  let outcome = {
    there: false,
    back: false,
    text: false,
    large: false,
    ended: false,
    code: null,
    stderr: '',
  };
  let thrown = '';
  try {
    outcome = await pair(by, signal);
  } catch (error) {
    thrown = String(error);
  }
  const { stderr, ...findings } = outcome;
  if (CONTENTS.every(what => findings[what]) && findings.ended && findings.code === EXIT_CODE) return outcome;
  const late = signal.aborted ? `killed after ${LIMIT_MS} ms ` : '';
  failures.push(
    `${peer}, ${wire}, ending '${by}': ${late}${thrown} ${JSON.stringify(findings)}\n${stderr.slice(0, 2000)}`,
  );
  return outcome;
}

/** @param {Outcome} outcome */
function endingOf({ ended, code }) {
  if (code === EXIT_CODE || !ended) return mark(ended);
  return `✗ code ${code}`;
}

/** @param {boolean} isRight */
function mark(isRight) {
  return isRight ? '✓' : '✗';
}

/** The number of the row's note. @param {Row} row */
function noteOf({ note }) {
  if (note === undefined) return '';
  if (!notes.includes(note)) notes.push(note);
  return String(notes.indexOf(note) + 1);
}
