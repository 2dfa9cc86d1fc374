import { createRequire } from 'node:module';

interface Builtins {
  readonly 'node:child_process': typeof import('node:child_process');
  readonly 'node:dgram': typeof import('node:dgram');
  readonly 'node:net': typeof import('node:net');
  readonly 'node:perf_hooks': typeof import('node:perf_hooks');
  readonly 'node:timers/promises': typeof import('node:timers/promises');
}

let load: NodeJS.Require | undefined;

/** A module of Node, loaded when it is first needed: a child that never sees a handle does not pay for it at its start. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  // Any path does for what is built in; a bundle in CommonJS, and Jest 29, have no filename in import.meta.
  load ??= createRequire(process.execPath);
  return load(name) as Builtins[Name];
}
