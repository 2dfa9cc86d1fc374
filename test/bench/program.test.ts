import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../bench/result.js';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../../dist/bench/main.js', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deka-bench-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function bench(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await run(process.execPath, [main, 'bench', ...args], { cwd: folder })) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe('the program', () => {
  it('measures, prints a table, writes figures and charts', async () => {
    const files = ['json', 'svg', 'html'].flatMap(kind => [`--${kind}`, `out.${kind}`]);
    const names = ['deka-ipc send', 'deka-ipc sendMany', 'fork json', 'MessagePort'];
    const workloads = ['flood-up-small', 'flood-down-small', 'round-trip-under-load', 'workers-2'];
    const { code, stdout, stderr } = await bench(
      ...['--workload', ...workloads, '--contender', ...names, '--count', '200', '--rounds', '1', ...files],
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain('flood, child → parent, small');

    const result = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8')) as Result;
    const [{ runtime, rows } = { runtime: '', rows: [] }] = result.runs;
    expect(runtime).toBe(`Node ${process.versions.node}`);
    expect(new Set(rows.map(({ workload }) => workload))).toEqual(new Set(workloads));
    for (const row of rows) expect(row.median, `${row.workload}, ${row.contender}`).toBeGreaterThan(0);
    expect(await readFile(join(folder, 'out.svg'), 'utf8')).toContain('</svg>');
    expect(await readFile(join(folder, 'out.html'), 'utf8')).toContain('</html>');
  });

  it('measures what it costs to load, without a link', async () => {
    const { code, stderr } = await bench(
      ...['--workload', 'load', '--quick', '--rounds', '1', '--json', 'load.json'],
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const result = JSON.parse(await readFile(join(folder, 'load.json'), 'utf8')) as Result;
    const rows = result.runs
      .flatMap(run => run.rows)
      .map(({ contender, figure, ratio }) => [contender, figure, ratio !== null]);
    const loads = [
      'load deka-ipc/register',
      "open deka-ipc/register's channel",
      'load deka-ipc/register, no channel',
      "open fork's channel",
      'load deka-ipc/child_process',
      'load deka-ipc',
      'load rxjs',
    ];
    expect(rows).toEqual(
      ['p50', 'of a bare start'].flatMap(figure => loads.map(name => [name, figure, true])),
    );
  });

  it('draws and compares what was written, without measuring', async () => {
    const { code, stdout } = await bench('--from', 'out.json', '--against', 'out.json', '--svg', 'again.svg');
    expect(stdout).toContain('0 of 0 rows slower');
    expect(code).toBe(0);
    expect(await readFile(join(folder, 'again.svg'), 'utf8')).toBe(
      await readFile(join(folder, 'out.svg'), 'utf8'),
    );
  });

  it('lists what there is', async () => {
    const { stdout } = await bench('--list');
    expect(stdout).toContain('round-trip-under-load');
    expect(stdout).toContain('vscode-jsonrpc');
  });

  it.each([
    [['--workload', 'nonsense'], 'no workload nonsense'],
    [['--node', './no-node'], '--node ./no-node: no such program'],
    [['--from', main], 'error:'],
  ])('says what is wrong with %j', async (args, text) => {
    const { code, stderr } = await bench(...args);
    expect(code).toBe(1);
    expect(stderr).toContain(text);
  });
});
