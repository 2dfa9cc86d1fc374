// @ts-check
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fork } from 'deka-ipc';
import { fork as faceFork } from 'deka-ipc/child_process';
import { activeResources, descriptors, processListeners, rssMib, settled } from '../resources.js';
import { exactly, figure, flat, text, times } from '../scenario.js';

const CHILD = fileURLToPath(new URL('../children/answer.js', import.meta.url));
const COUNT = 2000;
const LANES = 16;
const SAMPLES = 20;

/** @type {import('../scenario.js').Scenario} */
export async function run({ scaled, minutes }) {
  const count = scaled(COUNT, 8);
  await one(0); // what stays for good is there from here on
  await one(3);
  return [
    ...(await series('one after another', count, 1, minutes)),
    ...(await series('16 at a time', count, LANES, minutes)),
  ];
}

/** @param {string} how @param {number} count @param {number} lanes @param {number} minutes */
async function series(how, count, lanes, minutes) {
  await settled();
  const before = held();
  /** @type {number[]} */
  const memory = [];
  let answered = 0;
  await times(count, lanes, async at => {
    if (await one(at)) answered += 1;
    if (at % Math.ceil(count / SAMPLES) === 0) memory.push(rssMib());
  });
  await settled();
  const after = held();
  const title = `${text(count)} children, ${how}`;
  return [
    exactly(`${title}: answered`, count, answered),
    exactly(`${title}: descriptors, timers, listeners`, before, after),
    flat(`${title}: memory`, memory, minutes),
    figure(`${title}: memory in MiB`, memory.map(one => one.toFixed(0)).join(' ')),
  ];
}

/** One in four over the face. @param {number} at */
async function one(at) {
  if (at % 4 === 3) return overFace(at);
  const child = fork(CHILD, ['channel'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const answer = new Promise(resolve => child.messages$.subscribe(resolve));
  child.send({ at });
  const isRight = (await answer) === at;
  await child.close();
  await child.exited;
  return isRight;
}

/** @param {number} at */
async function overFace(at) {
  const child = faceFork(CHILD, ['process'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.send({ at });
  const [answer] = await once(child, 'message');
  child.disconnect();
  await once(child, 'close');
  return answer === at;
}

function held() {
  return `${descriptors()} ${activeResources()} ${processListeners()}`;
}
