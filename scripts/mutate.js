// npm run test:mutation [-- WORD]: takes away each guard of test/mutations.js, in a copy of this tree, and shows that the
// test named beside it fails. WORD: only guards that it matches, as a regular expression. Each test must pass first, with nothing taken away.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { mutations } from '../test/mutations.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LEFT_OUT = /\/(?:node_modules|dist|\.git)(?:\/|$)/;
const LIMIT_MS = 90_000;
/** What waits for ever without its guard shall not do so for half a minute. */
const TEST_LIMIT_MS = 20_000;

const word = new RegExp(process.argv[2] ?? '');
const chosen = mutations.filter(({ guard }) => word.test(guard));
const copy = mkdtempSync(join(tmpdir(), 'deka-mutate-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));
cpSync(ROOT, copy, { recursive: true, filter: path => !LEFT_OUT.test(path.slice(ROOT.length - 1)) });
symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));

const table = new Table({
  head: ['guard', 'taken away from', 'test', ''],
  style: { head: [], border: [], compact: true },
  wordWrap: true,
  colWidths: [44, 32, 60, 12],
});
let survived = 0;
build();
for (const test of new Set(chosen.map(({ test }) => test))) {
  const verdict = runTest(test, '');
  if (verdict !== 'passes') throw new Error(`${test} ${verdict} with nothing taken away`);
}
for (const { guard, file, find, put, test, name } of chosen) {
  const path = join(copy, 'src', file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    text.replace(find, () => put),
  );
  build();
  const after = runTest(test, name);
  writeFileSync(path, text);
  if (after !== 'fails') survived += 1;
  const verdict = after === 'fails' ? 'fails ✓' : `${after} ✗`;
  console.error(`${verdict}  ${guard}`);
  table.push([guard, file, `${test}: ${name}`, verdict]);
}
console.log(table.toString());
console.log(
  `${chosen.length} guards, ${survived === 0 ? 'each with a test that fails without it' : `${survived} SURVIVED`}`,
);
process.exitCode = survived === 0 ? 0 : 1;

/** Types may not hold any more: what is unused without its guard is no matter here. */
function build() {
  run('npx', ['tsc', '-b', 'src']);
  run('node', ['scripts/bundle.js']);
}

function runTest(test, name) {
  const pattern = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const args = [
    'vitest',
    'run',
    `test/${test}`,
    '-t',
    pattern,
    '--testTimeout',
    String(TEST_LIMIT_MS),
    '--reporter',
    'json',
  ];
  const { stdout } = run('npx', args);
  const at = stdout.indexOf('{"numTotalTestSuites"');
  if (at === -1) return 'ends without a result';
  const { numPassedTests, numFailedTests, success } = JSON.parse(stdout.slice(at));
  if (numPassedTests + numFailedTests === 0) return success ? 'no such test' : 'fails';
  return success ? 'passes' : 'fails';
}

function run(command, args) {
  return spawnSync(command, args, { cwd: copy, encoding: 'utf8', timeout: LIMIT_MS, killSignal: 'SIGKILL' });
}
