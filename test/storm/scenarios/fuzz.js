// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { framings, pairs } from '../pairs.js';
import { below, figure, text } from '../scenario.js';

const CHILD = fileURLToPath(new URL('../children/fuzz.js', import.meta.url));
const CASES = 120_000;
const KIB = 1024;

/** @type {import('../scenario.js').Scenario} */
export async function run({ scaled, seed, minutes }) {
  const cases = scaled(CASES / pairs.length, 50);
  const findings = [];
  let [done, deaths] = [0, 0];
  for (const { framing, codec } of pairs) {
    const { ok, seen, grownMib, died } = await fuzz(framing, codec, seed, cases);
    done += cases;
    deaths += died;
    findings.push({ what: `${framing}, ${codec}: ${text(cases)} cases`, wanted: 'nothing thrown', seen, ok });
    // What V8 reserves for a length it believes is its own doing, and goes at the next collection.
    if (codec !== 'v8') findings.push(below(`${framing}, ${codec}: memory kept`, 8, grownMib, 'MiB'));
  }
  findings.push(figure('cases in all', done));
  findings.push(figure('processes that v8() ended, which it is documented to do to strangers', deaths));
  if (minutes >= 1) for (const name of Object.keys(framings)) findings.push(timeOf(name));
  return findings;
}

/** @param {string} framing @param {string} codec @param {number} seed @param {number} cases */
async function fuzz(framing, codec, seed, cases) {
  let died = 0;
  for (let next = seed; ; next += 1) {
    const args = ['--expose-gc', CHILD, framing, codec, String(next), String(cases)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, errors, [code]] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      once(child, 'exit'),
    ]);
    if (code === 0) {
      const { frames, grownMib } = JSON.parse(output);
      return { ok: true, seen: `${text(frames)} frames`, grownMib, died };
    }
    // An exception has code 1, with any codec. What V8 does when it has no memory left is another end.
    if (codec !== 'v8' || code === 1 || died === 5) {
      return { ok: false, seen: `seed ${next}: ${errors.slice(0, 1000)}`, grownMib: Number.NaN, died };
    }
    died += 1;
  }
}

/** What four times the bytes cost, in times. @param {string} name */
function timeOf(name) {
  const worst = Math.max(...hostile().map(bytes => ratio(name, bytes)));
  return below(`${name}: time for 4 times the bytes, at its worst`, 10, worst, 'times');
}

/** Bytes that a framing may find hard, each with the size they come in. @returns {(readonly [fill: Buffer, chunk: number])[]} */
function hostile() {
  return [
    [Buffer.from('x'), 16 * KIB],
    [Buffer.from('x'), 1],
    [Buffer.from('\n'), 64 * KIB],
    [Buffer.from([0]), 64 * KIB],
    [Buffer.from([0]), 1],
    [Buffer.from([0, 0, 0, 1]), 3],
    [Buffer.from([0xff]), 16 * KIB],
    [Buffer.from('{"a":[1]}\n'), 7],
  ];
}

/** @param {string} name @param {readonly [Buffer, number]} hostile */
function ratio(name, [fill, chunk]) {
  const [small, large] = [Buffer.alloc(256 * KIB, fill), Buffer.alloc(1024 * KIB, fill)];
  let [few, many] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  // In turn, so that a moment in which others have the machine does not fall on all of one size.
  for (let time = 0; time < 8; time += 1) {
    few = Math.min(few, msOf(name, small, chunk));
    many = Math.min(many, msOf(name, large, chunk));
  }
  return many / Math.max(few, 0.05);
}

/** @param {string} name @param {Buffer} bytes @param {number} chunk */
function msOf(name, bytes, chunk) {
  const splitter = framings[name]?.().splitter({ maxFrameBytes: 512 * KIB });
  const start = performance.now();
  for (let at = 0; at < bytes.length; at += chunk) splitter?.push(bytes.subarray(at, at + chunk));
  splitter?.end();
  return performance.now() - start;
}
