// @ts-check
// node run.js NAME SEED MINUTES: runs one scenario in this process and prints its findings as JSON.
// In a process of its own, so that memory and descriptors are its own, and one that crashes takes no other along.
import { writeSync } from 'node:fs';
import { seededRandom } from '../../dist/testing/faults.js';

const [, , name, seedText, minutesText] = process.argv;
const seed = Number(seedText);
const minutes = Number(minutesText);

/** @type {{ run: import('./scenario.js').Scenario }} */
const { run } = await import(`./scenarios/${name}.js`);
const findings = await run({
  seed,
  minutes,
  random: seededRandom(seed),
  scaled: (count, least = 1) => Math.max(least, Math.round((count * minutes) / 10)),
});
writeSync(1, JSON.stringify(findings));
// What a scenario leaves running shows as a process that does not end, which start.js reports.
