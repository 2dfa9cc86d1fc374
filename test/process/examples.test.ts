import { execFile, spawn } from 'node:child_process';
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

  it('the README names each of them with a command', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    for (const name of [
      'greet/parent',
      'greet/by-hand',
      'echo/server',
      'echo/client',
      'operators/pipeline',
    ]) {
      expect(readme).toContain(`node examples/${name}.js`);
    }
  });
});
