// Two ways of sending every city through two workers and back. Each starts its workers, waits until they are up, and
// gives an Observable of what comes back; subscribing sends the cities off.
import { fork as nodeFork } from 'node:child_process';
import { fork } from 'deka-ipc';
import { defer, finalize, firstValueFrom, fromEvent, ignoreElements, map, merge, take } from 'rxjs';

/** @typedef {import('./enrich.js').City} City */
/** @typedef {import('./enrich.js').Placed} Placed */

const WORKERS = 2;

/** @param {readonly City[]} cities @returns {Promise<import('rxjs').Observable<Placed>>} */
export async function throughDeka(cities) {
  const workers = Array.from({ length: WORKERS }, startWorker);
  // Taking the first message leaves the others to whoever subscribes next.
  await Promise.all(workers.map(worker => firstValueFrom(worker.messages$)));
  return merge(...workers.map((worker, i) => merge(worker.messages$, deliver(worker, share(cities, i)))));
}

/** @returns {import('deka-ipc').ChildChannel<City, Placed>} */
function startWorker() {
  return fork(new URL('./worker.js', import.meta.url));
}

/** @param {import('deka-ipc').ChildChannel<City, Placed>} worker @param {readonly City[]} cities */
function deliver(worker, cities) {
  return defer(async () => {
    await worker.sendAll(cities); // as fast as the worker reads
    await worker.close(); // that was all; the last answers still come, then messages$ completes
  }).pipe(ignoreElements());
}

/** @param {readonly City[]} cities @returns {Promise<import('rxjs').Observable<Placed>>} */
export async function throughFork(cities) {
  const workers = Array.from({ length: WORKERS }, () =>
    nodeFork(new URL('./worker-fork.js', import.meta.url)),
  );
  await Promise.all(workers.map(worker => firstValueFrom(fromEvent(worker, 'message'))));
  return merge(
    ...workers.map((worker, i) => merge(answers(worker, share(cities, i)), post(worker, share(cities, i)))),
  );
}

/** Nothing tells the end, so the answers have to be counted. @param {import('node:child_process').ChildProcess} worker @param {readonly City[]} cities */
function answers(worker, cities) {
  return fromEvent(worker, 'message').pipe(
    map(args => /** @type {Placed} */ (/** @type {unknown[]} */ (args)[0])),
    take(cities.length),
    finalize(() => worker.disconnect()),
  );
}

/** @param {import('node:child_process').ChildProcess} worker @param {readonly City[]} cities */
function post(worker, cities) {
  return defer(async () => {
    for (const city of cities) worker.send(city);
  }).pipe(ignoreElements());
}

/** @param {readonly City[]} cities @param {number} index @returns {readonly City[]} */
function share(cities, index) {
  return cities.filter((_, i) => i % WORKERS === index);
}
