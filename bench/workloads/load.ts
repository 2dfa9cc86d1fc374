import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { FORK_CHANNEL, LOADS, names, REGISTER, REGISTER_ALONE, REGISTER_TOUCHED } from '../contenders.js';
import { ROOT } from '../packages.js';
import { percentile, type Workload } from '../workload.js';

const require = createRequire(import.meta.url);
const BARE: Start = { args: ['-e', '0'] };
/** What a child is told of a channel at its fourth descriptor: by this library, and by Node's own fork. */
const ANNOUNCED = { DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '3', DEKA_IPC_ACCEPTS: 'batch' };
const FORKED = { NODE_CHANNEL_FD: '3' };

/** How a process is started. */
interface Start {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

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
    const loading = startFor(name);
    const times: number[] = [];
    const shares: number[] = [];
    for (let start = 0; start < count; start += 1) {
      const bare = timeOf(BARE); // each time: a machine is faster in one second than in the next
      const more = timeOf(loading) - bare;
      times.push(more);
      shares.push((more / bare) * 100);
    }
    return { p50: percentile(times, 0.5), 'of a bare start': percentile(shares, 0.5) };
  },
};

function timeOf({ args, env }: Start): number {
  const begin = performance.now();
  // In its folder a package is found by its own name.
  execFileSync(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  return performance.now() - begin;
}

/** The preload as the drop-in has its child load it, by its path; the others as a program does. */
function startFor(contender: string): Start {
  const preload = ['--require', require.resolve('deka-ipc/register')];
  switch (contender) {
    case FORK_CHANNEL:
      return { ...BARE, env: FORKED };
    case REGISTER:
      return { args: [...preload, ...BARE.args], env: ANNOUNCED };
    case REGISTER_TOUCHED:
      return { args: [...preload, '-e', 'process.channel'], env: ANNOUNCED };
    case REGISTER_ALONE:
      return { args: [...preload, ...BARE.args] };
    default:
      return { args: ['--input-type=module', '-e', `import '${contender.replace('load ', '')}'`] };
  }
}
