import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './packages.js';
import type { Runtime } from './rounds.js';

/** The Node that runs this program. */
export const OWN_NODE: Runtime = { name: `Node ${process.versions.node}`, path: process.execPath };

/** A Node by its path, or by the version that `npm run runtimes` of a clone installed. */
export function findNode(pathOrVersion: string, root = ROOT): Runtime {
  const { platform, arch, versions } = process;
  if (/^\d+$/.test(pathOrVersion)) {
    if (versions.node.startsWith(`${pathOrVersion}.`)) return OWN_NODE;
    const installed = `test/interop/node_modules/node${pathOrVersion}-${platform}-${arch}/bin/node`;
    return node(join(root, installed), `--node ${pathOrVersion}: run npm run runtimes, or give a path`);
  }
  return node(pathOrVersion, `--node ${pathOrVersion}: no such program`);
}

function node(path: string, otherwise: string): Runtime {
  if (!existsSync(path)) throw new Error(otherwise);
  const version = execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
  return { name: `Node ${version}`, path };
}
