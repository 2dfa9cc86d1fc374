// @ts-check
import { fileURLToPath } from 'node:url';
import { lengthPrefixed, lines, spawn } from 'deka-ipc';
import { watchMemory } from '../resources.js';
import { below, exactly, text } from '../scenario.js';

const MIB = 1024 * 1024;
const CHILD = fileURLToPath(new URL('../children/raw.js', import.meta.url));

/** @type {import('../scenario.js').Scenario} */
export async function run({ scaled }) {
  const bytes = scaled(1024, 64) * MIB;
  return [...(await endless('line', lines(), bytes)), ...(await endless('length', lengthPrefixed(), bytes))];
}

/** @param {string} what @param {import('deka-ipc').Framing} framing @param {number} bytes */
async function endless(what, framing, bytes) {
  /** @type {import('deka-ipc').ChildChannel<never, string>} */
  const child = spawn(process.execPath, [CHILD, what, String(bytes)], {
    stdio: ['ignore', 'ignore', 'inherit'],
    framing,
    maxFrameBytes: MIB,
  });
  /** @type {string[]} */
  const messages = [];
  /** @type {string[]} */
  const failures = [];
  /** @type {ReturnType<typeof watchMemory> | undefined} */
  let memory;
  child.failures$.subscribe(({ code }) => failures.push(code));
  await child.messages$.forEach(message => {
    messages.push(message);
    memory ??= watchMemory(5);
  });
  const grown = memory?.stop();
  const came = `${framing.name}, ${text(child.metrics().received.bytes / MIB)} MiB`;
  return [
    exactly(`${came}: reported`, 'ERR_FRAME_TOO_LARGE', failures.join()),
    exactly(`${came}: messages before and after`, 'first,last', messages.join()),
    below(`${came}: growth at its peak`, 8, grown?.peakMib ?? Number.NaN, 'MiB'),
    below(`${came}: growth at its end`, 8, grown?.endMib ?? Number.NaN, 'MiB'),
  ];
}
