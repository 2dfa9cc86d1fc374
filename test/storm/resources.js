// @ts-check
// What this process holds: for showing that nothing stays behind.
import { readdirSync, readFileSync } from 'node:fs';

const MIB = 1024 * 1024;

/** Open descriptors; undefined where the system does not tell. */
export function descriptors() {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

/** Timers, sockets, processes: what keeps the event loop busy. */
export function activeResources() {
  return process.getActiveResourcesInfo().sort().join(' ');
}

/** Listeners on `process`, of all events. */
export function processListeners() {
  return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
}

/** Memory of this process or another, in MiB, after a collection where one can be asked for. @param {number} [pid] */
export function rssMib(pid) {
  if (pid !== undefined)
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * (4096 / MIB);
  collect();
  return process.memoryUsage.rss() / MIB;
}

/** What this process keeps alive, in MiB: without what an allocator holds back for the next time. */
export function keptMib() {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MIB;
}

export function collect() {
  const { gc } = globalThis;
  gc?.();
  gc?.();
}

/** Watches this process's memory. @param {number} everyMs */
export function watchMemory(everyMs) {
  const start = rssMib();
  let peak = start;
  const sample = () => {
    peak = Math.max(peak, process.memoryUsage.rss() / MIB);
  };
  const timer = setInterval(sample, everyMs);
  return {
    /** The most it grew by, in MiB. */
    stop() {
      clearInterval(timer);
      sample();
      return { peakMib: peak - start, endMib: rssMib() - start };
    },
  };
}

/** The event loop comes round until nothing changes any more. */
export async function settled() {
  for (let n = 0; n < 20; n += 1) await new Promise(resolve => setImmediate(resolve));
  collect();
  await new Promise(resolve => setImmediate(resolve));
}
