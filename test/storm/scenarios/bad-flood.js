// @ts-check
import { fileURLToPath } from 'node:url';
import { lengthPrefixed, lines, spawn } from 'deka-ipc';
import { watchMemory } from '../resources.js';
import { below, exactly, figure, text } from '../scenario.js';

const KIB = 1024;
const CHILD = fileURLToPath(new URL('../children/raw.js', import.meta.url));

/** @type {import('../scenario.js').Scenario} */
export async function run({ scaled }) {
  const bytes = scaled(4 * 1024, 128) * KIB;
  return [
    ...(await flood('bad lines', lines(), bytes, bytes / 2)),
    ...(await flood('empty lines', lines(), bytes, bytes)),
    ...(await flood('empty frames', lengthPrefixed(), bytes, bytes / 4)),
  ];
}

/** @param {string} what @param {import('deka-ipc').Framing} framing @param {number} bytes @param {number} frames */
async function flood(what, framing, bytes, frames) {
  /** @type {import('deka-ipc').ChildChannel<never, string>} */
  const child = spawn(process.execPath, [CHILD, what, String(bytes)], {
    stdio: ['ignore', 'ignore', 'inherit'],
    framing,
  });
  let [reported, stoodFor] = [0, 0];
  const memory = watchMemory(5);
  child.failures$.subscribe(({ count = 1 }) => {
    reported += 1;
    stoodFor += count;
  });
  const messages = [];
  const start = performance.now();
  for await (const message of child) messages.push(message);
  const seconds = (performance.now() - start) / 1000;
  await child.closed; // the last failures are summed up then
  const grown = memory.stop();
  const title = `${text(frames)} ${what}`;
  return [
    exactly(`${title}: failures stand for`, frames, stoodFor),
    exactly(`${title}: metrics().badFrames`, frames, child.metrics().badFrames),
    exactly(`${title}: messages before and after`, 'first,last', messages.join()),
    below(`${title}: growth that stays`, 48, grown.endMib, 'MiB'),
    figure(`${title}: growth at its peak, in MiB`, grown.peakMib),
    figure(`${title}: failures reported one by one`, reported),
    figure(`${title}: reported a second`, reported / seconds),
  ];
}
