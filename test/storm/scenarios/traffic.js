// @ts-check
import { fileURLToPath } from 'node:url';
import { fork } from 'deka-ipc';
import { rssMib } from '../resources.js';
import { exactly, figure, flat } from '../scenario.js';

const CHILD = fileURLToPath(new URL('../children/traffic.js', import.meta.url));
const SAMPLES = 200;

/** @type {import('../scenario.js').Scenario} */
export async function run({ minutes }) {
  const child = fork(CHILD, [], { stdio: ['ignore', 'ignore', 'inherit'], closeTimeoutMs: 30_000 });
  let [received, sent, outOfOrder] = [0, 0, 0];
  /** @type {{ sent: number, received: number } | undefined} */
  let told;
  child.messages$.subscribe(message => {
    const { id, sent: all } = /** @type {{ id: number, sent?: number }} */ (message);
    if (all !== undefined) told = /** @type {{ sent: number, received: number }} */ (message);
    else if (id === received) received += 1;
    else outOfOrder += 1;
  });
  /** @type {number[]} */
  const own = [];
  /** @type {number[]} */
  const childs = [];
  const sampler = setInterval(
    () => {
      own.push(process.memoryUsage.rss() / (1024 * 1024));
      childs.push(rssMib(child.process.pid));
    },
    (minutes * 60_000) / SAMPLES,
  );
  const stop = AbortSignal.timeout(minutes * 60_000);
  const started = performance.now();
  await child.sendAll(numbers(), { signal: stop }).catch(error => {
    if (!stop.aborted) throw error;
  });
  clearInterval(sampler);
  const seconds = (performance.now() - started) / 1000;
  child.send('stop');
  await child.closed;
  await child.exited;
  return [
    exactly('sent by the parent, received by the child', sent, told?.received),
    exactly('sent by the child, received by the parent', told?.sent, received),
    exactly('messages out of order', 0, outOfOrder),
    flat("the parent's memory", own, minutes),
    flat("the child's memory", childs, minutes),
    figure("the parent's memory in MiB", series(own)),
    figure("the child's memory in MiB", series(childs)),
    figure('messages a second, both directions together', (sent + received) / seconds),
  ];

  function* numbers() {
    for (;;) yield { id: sent++, symbol: 'DEKA', price: 101.5, qty: 7 };
  }
}

/** @param {number[]} samples */
function series(samples) {
  return samples
    .filter((_, at) => at % Math.ceil(samples.length / 10) === 0)
    .map(one => one.toFixed(0))
    .join(' ');
}
