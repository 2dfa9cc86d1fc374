import type { ChildProcess, ForkOptions } from 'node:child_process';
import * as nodeModule from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as ourModule from 'deka-ipc/child_process';

// A child that a failed test leaves behind ends with the test runner: its channel does.

/** Node's module and the drop-in for it. Every test runs with both: so it proves itself on Node first. */
export type Module = Pick<typeof nodeModule, 'fork' | 'spawn' | 'spawnSync' | 'execFileSync'>;

export const NODE = 'node:child_process';
export const OURS = 'deka-ipc/child_process';
export const MODULES: readonly (readonly [name: string, module: Module])[] = [
  [NODE, nodeModule],
  [OURS, ourModule],
];

export type Serialization = 'json' | 'advanced';

/** What has a channel: a ChildProcess, or `process` in a child. */
export interface End extends EventEmitter {
  readonly connected: boolean;
  readonly channel: { readonly fd: number; ref(): void; unref(): void } | null;
  send(...args: unknown[]): boolean;
  disconnect(): void;
}

/** An error as JSON. */
export interface Described {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
}

export type Tools = ReturnType<typeof makeTools>;

/** What programs need that run as text: it goes along as text, too. */
function makeTools() {
  return { describe, thrown, next, turns };

  function describe(error: unknown): Described {
    const { name, code, message } = error as Described;
    return { name, ...(code === undefined ? {} : { code }), message };
  }

  /** What the work throws. */
  function thrown(work: () => unknown): Described | 'nothing' {
    try {
      work();
      return 'nothing';
    } catch (error) {
      return describe(error);
    }
  }

  /** The next messages, as they come. */
  function next(end: End, count: number): Promise<unknown[]> {
    return new Promise(resolve => {
      const messages: unknown[] = [];
      const onMessage = (message: unknown) => {
        if (messages.push(message) < count) return;
        end.off('message', onMessage);
        resolve(messages);
      };
      end.on('message', onMessage);
    });
  }

  /** Resolves after the event loop has come round: to show that something does not happen. */
  function turns(count = 3): Promise<void> {
    return new Promise(resolve => {
      const step = (left: number) => (left === 0 ? resolve() : setImmediate(step, left - 1));
      step(count);
    });
  }
}

export const tools: Tools = makeTools();

/** A program that runs in another process, so it may use only what it is given, and globals. */
export type Program = (...args: never[]) => unknown;

const RUN = { cjs: path('node-run.cjs'), esm: path('node-run.js') };
const PARENT = path('node-parent.js');

/** The path of a file in test/fixtures. */
export function path(fixture: string): string {
  return fileURLToPath(new URL(`../fixtures/${fixture}`, import.meta.url));
}

/** The arguments with which the fixture `node-run` runs a program. */
export function programArgs(program: Program, ...args: unknown[]): string[] {
  return [String(program), JSON.stringify(args)];
}

/** Forks a child that runs a program. */
export function forked(
  module: Module,
  program: Program,
  options: ForkOptions = {},
  ...args: unknown[]
): ChildProcess {
  return module.fork(RUN.cjs, programArgs(program, ...args), options);
}

/** `stdio` with 'ipc' at an index, and as little else as can be. */
export function stdioWithIpcAt(index: number): nodeModule.StdioOptions {
  const length = Math.max(3, index + 1);
  return Array.from({ length }, (_, at) => (at === index ? 'ipc' : at === 2 ? 'inherit' : 'ignore'));
}

/** Spawns a child that runs a program, with 'ipc' at an index. */
export function spawned(
  module: Module,
  program: Program,
  index: number,
  serialization: Serialization,
): ChildProcess {
  const args = [RUN.cjs, ...programArgs(program)];
  const options = { stdio: stdioWithIpcAt(index), serialization };
  return module.spawn(process.execPath, args, options);
}

/** What a program prints as JSON, once it has ended without an error. */
export async function printed(child: ChildProcess): Promise<unknown> {
  if (child.stdout === null) throw new Error('the process has no stdout to read');
  const [output, [code, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`the program ended with ${code ?? signal}, after it printed ${output}`);
  return JSON.parse(output);
}

/** The names of the events of a child, in order. */
export function eventsOf(child: EventEmitter): string[] {
  const events: string[] = [];
  for (const name of ['spawn', 'message', 'disconnect', 'exit', 'close', 'error'])
    child.on(name, () => events.push(name));
  return events;
}

/** How a process ended that ran a program with a module: for a parent that must be a process of its own. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a program with a module, in a process of its own. */
export async function inParentProcess(
  module: string,
  program: (module: Module, run: string, ...args: never[]) => unknown,
  ...args: unknown[]
): Promise<Ended> {
  const child = nodeModule.spawn(
    process.execPath,
    [PARENT, String(program), module, JSON.stringify([RUN.cjs, ...args])],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code: code as number | null, output, errors };
}

type Body<T> = (end: End, tools: Tools) => T | Promise<T>;

/** One end of a channel whose other end sends back what it gets: where the same program is run, and its result. */
export interface Place {
  readonly name: string;
  readonly serialization: Serialization;
  run<T>(module: Module, body: Body<T>): Promise<T>;
}

/** Parent and child, fork and spawn, CommonJS and ES module, both formats: each once with some of the others. */
export const PLACES: readonly Place[] = [
  inParent('the parent of a fork', 'json', module => module.fork(path('node-echo.cjs'))),
  inParent('the parent of a spawn', 'advanced', module => echoAt(module, 0, 'advanced')),
  inChild('a child in CommonJS', 'json', RUN.cjs),
  inChild('a child in an ES module', 'advanced', RUN.esm),
];

/** For `describe.each`. */
export const MODULES_AT_PLACES: readonly (readonly [module: string, place: string, Module, Place])[] =
  MODULES.flatMap(([name, module]) =>
    PLACES.map(place => [name, `${place.name}, ${place.serialization}`, module, place] as const),
  );

function echoAt(module: Module, index: number, serialization: Serialization): ChildProcess {
  const options = { stdio: stdioWithIpcAt(index), serialization };
  return module.spawn(process.execPath, [path('node-echo.cjs')], options);
}

function inParent(
  name: string,
  serialization: Serialization,
  start: (module: Module) => ChildProcess,
): Place {
  return { name, serialization, run };

  async function run<T>(module: Module, body: Body<T>): Promise<T> {
    const child = start(module);
    const exited = new Promise(resolve => child.on('exit', resolve)); // `once` would reject at an 'error'
    const result = await body(child as unknown as End, tools);
    if (child.connected) child.disconnect();
    await exited;
    return asJson(result);
  }
}

function inChild(name: string, serialization: Serialization, file: string): Place {
  return { name, serialization, run };

  async function run<T>(module: Module, body: Body<T>): Promise<T> {
    const program = `async () => {
      const result = await (${body})(process, (${makeTools})());
      process.stdout.write(JSON.stringify(result));
      if (process.connected) process.disconnect();
    }`;
    const child = module.fork(file, [program], {
      serialization,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    child.on('message', message => {
      // A child that knows enough has gone: the callback takes the error.
      if (child.connected) child.send(message as nodeModule.Serializable, () => {});
    });
    return (await printed(child)) as T;
  }
}

function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
