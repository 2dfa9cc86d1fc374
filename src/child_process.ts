/**
 * `node:child_process` with the channels of this library: change the import, and nothing else.
 *
 * `fork`, `spawn` with `'ipc'` in `stdio`, and {@link ChildProcess} speak through it, with Node's arguments, events, errors
 * and return values. Everything else is Node's own.
 *
 * @example
 * import { fork } from 'deka-ipc/child_process'; // was: node:child_process
 */
import nodeModule, {
  ChildProcess as NodeChildProcess,
  type fork as nodeFork,
  type spawn as nodeSpawn,
  type SpawnOptions,
} from 'node:child_process';
import { forkDropIn, spawnDeka, spawnDropIn } from './node/child-process.js';

export * from 'node:child_process';

/** As `fork` of `node:child_process`. An unmodified child of the same Node gets the batched channel by a preload. */
export const fork = forkDropIn as typeof nodeFork;

/** As `spawn` of `node:child_process`. With `'ipc'` in `stdio` the child is spoken to on Node's own wire. */
export const spawn = spawnDropIn as typeof nodeSpawn;

/** Options of {@link ChildProcess}. */
export interface ChildProcessOptions extends SpawnOptions {
  /** True for a channel, announced by `DEKA_IPC_ENABLED` and `DEKA_IPC_FD`. */
  readonly ipc?: boolean;
}

/**
 * Node's ChildProcess, which can also be made directly, as in Deka.
 *
 * @example
 * const child = new ChildProcess('deka', ['worker.ts'], { stdio: 'pipe', ipc: true });
 * child.on('message', message => console.log(message));
 * child.send({ hello: 'child' });
 */
export class ChildProcess extends NodeChildProcess {
  constructor(command?: string, args: readonly string[] = [], options: ChildProcessOptions = {}) {
    super();
    if (command === undefined) return;
    const { ipc = false, ...rest } = options;
    // biome-ignore lint/correctness/noConstructorReturn: what `spawn` makes is the child, and an instance of this class
    return ipc ? spawnDeka(command, args, rest) : spawnDropIn(command, args, rest);
  }
}

// Whoever starts a child gets Node's ChildProcess, which is one of these, too; a subclass of a program's own has its own.
Object.defineProperty(ChildProcess, Symbol.hasInstance, { value: isInstance });

function isInstance(this: unknown, value: unknown): boolean {
  if (this === ChildProcess) return value instanceof NodeChildProcess;
  return Function.prototype[Symbol.hasInstance].call(this as typeof ChildProcess, value);
}

/** As the default export of `node:child_process`: whoever changes the import is to change nothing else. */
// biome-ignore lint/style/noDefaultExport: as many programs import it so
export default { ...nodeModule, fork, spawn, ChildProcess };
