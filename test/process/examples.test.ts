import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

async function outputOf(example: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [join('examples', example), ...args], { cwd: root });
  expect(stderr).toBe('');
  return stdout;
}

const noPython = spawnSync('python3', ['-c', '']).status !== 0;

describe('examples', () => {
  it('greet: a parent and a child greet each other', async () => {
    const output = await outputOf('greet/parent.js');
    expect(output).toContain("hello: 'parent'");
    expect(output).toContain("answering: { hello: 'child'");
    expect(output).toContain('child exited with 0');
  });

  it('greet: the same child greets somebody who only knows the wire', async () => {
    const output = await outputOf('greet/by-hand.js');
    expect(output).toContain('by hand got {"cmd":"NODE_HANDLE","msg":{"hello":"parent"');
    expect(output).toContain('child exited with 0');
  });

  it('echo: a thousand messages come back from the server', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deka-'));
    const path = join(folder, 'echo.sock');
    const server = spawn(process.execPath, ['examples/echo/server.js', path], { cwd: root });
    await once(server.stdout, 'data'); // it listens
    expect(await outputOf('echo/client.js', path)).toBe('1000 of 1000 came back\n');
    server.kill('SIGINT');
    expect(await once(server, 'exit')).toEqual([0, null]);
    await rm(folder, { recursive: true });
  });

  it('operators: a broken line is a value, its neighbours arrive', async () => {
    const output = await outputOf('operators/pipeline.js');
    expect(output).toContain('skipped: ERR_DECODE');
    expect(output).toContain('Vilnius');
    expect(output).toContain('Oslo');
  });

  it('language-server: answers initialize, a completion and a shutdown', async () => {
    expect(await outputOf('language-server/main.js')).toBe(
      [
        'initialize: completes after " :',
        'completion: name, private',
        'shutdown: null',
        'the channel ended: local',
        '',
      ].join('\n'),
    );
  });

  it.skipIf(noPython)(
    'binary: a program that speaks length-prefixed records answers each command (its other end is in Python)',
    async () => {
      expect(await outputOf('binary/main.js')).toBe('20000 samples, sum 1885547.165, 280000 bytes\n');
    },
  );

  it('compressed: records come back through a codec that wraps another, in fewer bytes', async () => {
    const output = await outputOf('compressed/parent.js');
    expect(output).toMatch(/^100 records came back; on the wire they were \d+ % of their JSON$/m);
    expect(Number(/(\d+) %/.exec(output)?.[1])).toBeLessThan(50);
  });

  it('the README names each of them with a command', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    for (const name of [
      'greet/parent',
      'greet/by-hand',
      'echo/server',
      'echo/client',
      'operators/pipeline',
      'language-server/main',
      'binary/main',
      'compressed/parent',
    ]) {
      expect(readme).toContain(`node examples/${name}.js`);
    }
  });
});
