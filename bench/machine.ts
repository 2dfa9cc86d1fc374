import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Contender } from './contender.js';
import { findRuntime, installedVersion, ROOT } from './packages.js';
import type { Circumstances } from './result.js';

/** Of this library. */
export function ownVersion(): string {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
}

export function circumstances(
  contenders: readonly Contender[],
  rounds: number,
  quick: boolean,
): Circumstances {
  return {
    date: new Date().toISOString(),
    version: ownVersion(),
    commit: commit(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    rounds,
    quick,
    neighbours: Object.fromEntries(
      contenders.flatMap(({ needs, runtime }) => {
        const name = runtime ?? needs;
        return name === undefined ? [] : [[name.replace(/\/node$/, ''), versionOf(name, runtime)]];
      }),
    ),
  };
}

function versionOf(name: string, runtime: Contender['runtime']): string {
  if (runtime === undefined) return installedVersion(name) ?? 'unknown';
  const path = findRuntime(runtime);
  return path === undefined ? 'unknown' : (/\d+\.\d+\.\d+/.exec(output(path, '--version'))?.[0] ?? 'unknown');
}

/** Of the clone that this program stands in: an installed package may stand in somebody else's. */
function commit(): string | null {
  if (!existsSync(join(ROOT, '.git'))) return null;
  try {
    const head = output('git', '-C', ROOT, 'rev-parse', '--short', 'HEAD').trim();
    const changed = output('git', '-C', ROOT, 'status', '--porcelain', '--untracked-files=no').trim();
    return changed === '' ? head : `${head}, with changes`;
  } catch {
    return null;
  }
}

function output(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
