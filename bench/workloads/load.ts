import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { LOADS, names } from '../contenders.js';
import { ROOT } from '../packages.js';
import { percentile, type Workload } from '../workload.js';

const require = createRequire(import.meta.url);
const BARE = ['-e', '0'];

/** What a program pays at its start, before it has done anything with what it loads. */
export const load: Workload = {
  name: 'load',
  title: 'loading, on top of what a bare Node takes',
  figures: [
    { name: 'p50', unit: 'ms', better: 'less' },
    // What differs least from one machine, and one hour, to the next.
    { name: 'of a bare start', unit: '%', better: 'less' },
  ],
  contenders: names(LOADS),
  base: 'load deka-ipc',
  sizes: { of: 'starts', full: 20, quick: 3 },
  run: async ({ name }, count) => {
    const args = argumentsFor(name);
    const times: number[] = [];
    const shares: number[] = [];
    for (let start = 0; start < count; start += 1) {
      const bare = timeOf(BARE); // each time: a machine is faster in one second than in the next
      const more = timeOf(args) - bare;
      times.push(more);
      shares.push((more / bare) * 100);
    }
    return { p50: percentile(times, 0.5), 'of a bare start': percentile(shares, 0.5) };
  },
};

function timeOf(args: readonly string[]): number {
  const begin = performance.now();
  // In its folder a package is found by its own name.
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  return performance.now() - begin;
}

/** The preload as the drop-in has its child load it, by its path; the others as a program does. */
function argumentsFor(contender: string): readonly string[] {
  const name = contender.replace('load ', '');
  if (name === 'deka-ipc/register') return ['--require', require.resolve(name), ...BARE];
  return ['--input-type=module', '-e', `import '${name}'`];
}
