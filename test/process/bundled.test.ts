import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Format } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));

const PROGRAM = `
  import { fork as dropIn } from 'deka-ipc/child_process';
  import { fork, pair } from 'deka-ipc';
  import { createServer } from 'node:net';

  const server = createServer().listen(0, '127.0.0.1', async () => {
    const [left] = pair();
    left.queueDelay();
    const child = fork(process.argv[2], [], { handles: true });
    await new Promise(resolve => child.send('a server', server, { keepOpen: true }, resolve));
    await child.close();
    const plain = dropIn(process.argv[3]);
    plain.on('message', message => {
      console.log(message);
      plain.disconnect();
      server.close();
      left.destroy();
    });
    plain.send('through the drop-in');
  });`;

describe.each<[Format, string]>([
  ['cjs', ''],
  [
    'esm',
    "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
  ],
])('a program that is bundled: %s', (format, banner) => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(fixtures, 'bundled-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('has handles, delays and the drop-in, whose children are spoken to on the wire of Node', async () => {
    const outfile = join(folder, format === 'cjs' ? 'program.cjs' : 'program.mjs');
    await build({
      stdin: { contents: PROGRAM, resolveDir: fixtures },
      bundle: true,
      platform: 'node',
      format,
      outfile,
      logLevel: 'silent',
      banner: { js: banner },
    });
    const children = ['no-consumer.js', 'node-echo.cjs'].map(name => join(fixtures, name));
    const { stdout } = await promisify(execFile)(process.execPath, [outfile, ...children]);
    expect(stdout).toBe('through the drop-in\n');
  });
});
