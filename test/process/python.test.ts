import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const missing = spawnSync('python3', ['-c', '']).status !== 0;
const child = join(root, 'examples/python/child.py');

describe(missing ? 'a peer in Python (skipped: there is no python3 here)' : 'a peer in Python', () => {
  it.skipIf(missing)('takes six thousand invoices and gives each of them back', async () => {
    const { stdout, stderr } = await run(process.execPath, ['examples/python/parent.js'], { cwd: root });
    expect(stderr).toBe('');
    expect(stdout).toBe(
      [
        'LT: 2000 invoices, €201317.97 tax, €1159954.97 in all',
        'DE: 2000 invoices, €182153.57 tax, €1140836.57 in all',
        'FI: 2000 invoices, €244475.99 tax, €1203204.99 in all',
        'child exited with 0\n',
      ].join('\n'),
    );
  });

  it.skipIf(missing)('says how it wants to be started when there is no channel', () => {
    const { DEKA_IPC_FD: _fd, DEKA_IPC_ENABLED: _enabled, ...env } = process.env;
    const { status, stderr } = spawnSync('python3', [child], { env, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain('node examples/python/parent.js');
  });

  it('has its command in the README', async () => {
    expect(await readFile(join(root, 'README.md'), 'utf8')).toContain('node examples/python/parent.js');
  });
});
