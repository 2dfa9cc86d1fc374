// Where packages and runtimes are that this one does not depend on.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Contender } from './contender.js';

export type RuntimeName = NonNullable<Contender['runtime']>;

/** The folder of this package. */
export const ROOT = dirname(createRequire(import.meta.url).resolve('deka-ipc/package.json'));
/** In a clone: `npm ci --prefix bench/neighbours`. For users of the installed package: what they have themselves. */
const PLACES = [join(ROOT, 'bench/neighbours'), process.cwd(), ROOT];

const ARCH: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x64', arm64: 'aarch64' };
const { platform, arch } = process;
const BINARIES: Readonly<Record<RuntimeName, string>> = {
  bun: `@oven/bun-${platform}-${ARCH[arch]}/bin/bun`,
  deno: `@deno/${platform}-${arch}-glibc/deno`,
};

/** The file that an import of this package loads. */
export function findPackage(name: string, places: readonly string[] = PLACES): string | undefined {
  for (const place of places) {
    try {
      return createRequire(join(place, 'package.json')).resolve(name);
    } catch {
      // Perhaps in the next place.
    }
  }
  return undefined;
}

/** The version that stands in the package.json above the file. */
export function installedVersion(name: string): string | undefined {
  const file = findPackage(name);
  if (file === undefined) return undefined;
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    const { version } = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
    if (version !== undefined) return version;
  }
  return undefined;
}

/** The package itself; what it exports is for the caller to know. */
export async function loadPackage<Exports>(name: string): Promise<Exports> {
  const file = findPackage(name);
  if (file === undefined) throw new Error(`${name} is not installed`);
  const loaded = await import(pathToFileURL(file).href);
  // Of a CommonJS module the default export has all names, others only those that Node finds in its text. What was
  // compiled to CommonJS keeps its own default in there.
  return loaded.default?.default ?? loaded.default ?? loaded;
}

/** The runtime's program: from a package, or wherever the shell would find it. */
export function findRuntime(name: RuntimeName, places: readonly string[] = PLACES): string | undefined {
  const folders = process.env['PATH']?.split(delimiter) ?? [];
  return [
    ...places.map(place => join(place, 'node_modules', BINARIES[name])),
    ...folders.map(folder => join(folder, name)),
  ].find(path => existsSync(path) && starts(path));
}

/** Why a contender cannot run here; undefined if it can. */
export function whyMissing({ needs, runtime }: Contender): string | undefined {
  if (needs !== undefined && findPackage(needs) === undefined) return `the package ${needs} is not installed`;
  if (runtime !== undefined && findRuntime(runtime) === undefined) return `${runtime} is not installed`;
  return undefined;
}

function starts(path: string): boolean {
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 10_000 }).status === 0;
}
