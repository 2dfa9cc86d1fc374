// @ts-check
// Where the runtimes are. Nothing is started that is not there.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {string | undefined} path undefined: not installed
 * @property {readonly string[]} flags what stands before the name of a script
 */

const { platform, arch } = process;
const BUN = { x64: 'x64', arm64: 'aarch64' }[String(arch)];

/** The Node that runs this. */
export const own = runtime('Node', process.execPath);
export const node = ['20', '22', '24', '26'].map(major =>
  process.versions.node.startsWith(`${major}.`)
    ? own
    : runtime(`Node ${major}`, installed(`node${major}-${platform}-${arch}/bin/node`)),
);
export const bun = runtime('Bun', installed(`@oven/bun-${platform}-${BUN}/bin/bun`));
export const deno = runtime('Deno', installed(`@deno/${platform}-${arch}-glibc/deno`), [
  'run',
  '-A',
  '--quiet',
]);
export const python = runtime('Python', 'python3');
export const sh = runtime('sh', 'sh');
export const bash = runtime('bash', 'bash');

/** @param {string} name @param {string | undefined} path @param {readonly string[]} flags @returns {Runtime} */
function runtime(name, path, flags = []) {
  const version = path === undefined ? undefined : versionOf(path);
  if (version === undefined) return { name, path: undefined, flags };
  return { name: `${name.replace(/ \d+$/, '')} ${version}`.trimEnd(), path, flags };
}

/** Empty for one that does not tell, undefined for one that is not there. @param {string} path */
function versionOf(path) {
  const { error, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return error === undefined ? (/\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '') : undefined;
}

/** @param {string} file */
function installed(file) {
  const path = fileURLToPath(new URL(`node_modules/${file}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}
