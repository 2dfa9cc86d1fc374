// @ts-check
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fork } from 'deka-ipc';
import { fork as faceFork } from 'deka-ipc/child_process';
import { descriptors, settled } from '../resources.js';
import { exactly, figure, times } from '../scenario.js';

const CHILD = fileURLToPath(new URL('../children/two-way.js', import.meta.url));
const PAD = 'x'.repeat(70);
/** A kill comes at most so long after the first message, or after the start where the child has none sent by then. */
const LONGEST_MS = 25;

/** What one round saw. */
class Round {
  sent = 0;
  received = 0;
  wrong = 0;
  /** Calls of the callback of each send. @type {number[]} */
  calls = [];

  /** @param {number} id */
  callback(id) {
    this.calls[id] = 0;
    this.sent += 1;
    return () => {
      this.calls[id] = Number(this.calls[id]) + 1;
    };
  }

  /** @param {unknown} message */
  onMessage(message) {
    if (/** @type {{ id: number }} */ (message).id === this.received) this.received += 1;
    else this.wrong += 1;
  }

  get uncalled() {
    return this.calls.filter(count => count !== 1).length;
  }
}

/** @type {import('../scenario.js').Scenario} */
export async function run({ scaled, random }) {
  await round(1, new Round()); // what stays open for good is open from here on
  await faceRound(1, new Round());
  await settled();
  const before = descriptors();
  /** @type {Round[]} */
  const rounds = [];
  const count = scaled(1000, 4);
  await times(count, 2, async at => {
    const one = new Round();
    const delayMs = random() * LONGEST_MS;
    await (at % 4 === 3 ? faceRound(delayMs, one) : round(delayMs, one));
    rounds.push(one);
  });
  await settled();
  const sum = (/** @type {(one: Round) => number} */ of) => rounds.reduce((all, one) => all + of(one), 0);
  return [
    exactly('rounds, a quarter of them over deka-ipc/child_process', count, rounds.length),
    exactly(
      'messages that were not the next one',
      0,
      sum(one => one.wrong),
    ),
    exactly(
      'callbacks not called, or called twice',
      0,
      sum(one => one.uncalled),
    ),
    exactly('descriptors more than before', 0, Number(descriptors()) - Number(before)),
    figure(
      'messages received',
      sum(one => one.received),
    ),
    figure(
      'messages sent',
      sum(one => one.sent),
    ),
  ];
}

/** @param {number} delayMs @param {Round} seen */
async function round(delayMs, seen) {
  const child = fork(CHILD, ['channel'], { stdio: 'ignore' });
  const kill = killer(child.process, delayMs);
  child.messages$.subscribe(message => {
    kill();
    seen.onMessage(message);
  });
  for (let id = 0; child.connected; id += 1) {
    if (!child.send({ id, pad: PAD }, seen.callback(id))) await child.ready().catch(() => {});
  }
  await Promise.all([child.closed, child.exited]);
  await turn();
}

/** @param {number} delayMs @param {Round} seen */
async function faceRound(delayMs, seen) {
  const child = faceFork(CHILD, ['process'], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const kill = killer(child, delayMs);
  child.on('message', message => {
    kill();
    seen.onMessage(message);
  });
  const closed = once(child, 'close');
  for (let id = 0; child.connected; id += 1) {
    child.send({ id, pad: PAD }, seen.callback(id));
    if (id % 20 === 19) await turn(); // Node's interface has nothing else to wait for
  }
  await closed;
  await turn();
}

/** Callbacks come in ticks of their own. @returns {Promise<void>} */
function turn() {
  return new Promise(resolve => setImmediate(resolve));
}

/** Kills so long after the first call; or, one time in ten, after the start. @param {import('node:child_process').ChildProcess} child @param {number} delayMs */
function killer(child, delayMs) {
  let armed = false;
  const arm = () => {
    if (armed) return;
    armed = true;
    setTimeout(() => child.kill('SIGKILL'), delayMs);
  };
  if (delayMs < LONGEST_MS / 10) arm();
  return arm;
}
