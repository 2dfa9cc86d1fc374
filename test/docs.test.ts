import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileBlocks } from './support/blocks.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const pages = [
  'README.md',
  'bench/README.md',
  ...(await readdir(join(root, 'docs'))).map(name => join('docs', name)),
];
const texts = new Map(
  await Promise.all(pages.map(async page => [page, await readFile(join(root, page), 'utf8')] as const)),
);

describe.each(pages.filter(page => fileBlocks(texts.get(page) ?? '').length > 0))('the code in %s', page => {
  const blocks = fileBlocks(texts.get(page) ?? '');
  let folder: string;

  beforeAll(async () => {
    // Inside the package, where 'deka-ipc' is the package itself.
    folder = await mkdtemp(join(root, 'test', 'fixtures', 'docs-'));
    await Promise.all(blocks.map(({ name, code }) => writeFile(join(folder, name), code)));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each(blocks.filter(({ prints }) => prints !== undefined))('$name prints what the page says', async ({
    name,
    prints,
  }) => {
    const { stdout } = await run(process.execPath, [join(folder, name)]);
    expect(stdout).toBe(prints);
  });

  it('runs from the first block to the last: each is started by the test or by another block', () => {
    const started = blocks.filter(
      ({ name, prints }) => prints !== undefined || blocks.some(({ code }) => code.includes(`'./${name}'`)),
    );
    expect(started.map(({ name }) => name)).toEqual(blocks.map(({ name }) => name));
  });
});

describe.each(pages)('the links of %s', page => {
  const text = texts.get(page) ?? '';
  const targets = [...text.matchAll(/\]\(([^)#:]+)(#[\w-]+)?\)/g)].map(([, target = '']) => target);

  it.each(targets.length > 0 ? targets : ['.'])('%s is there', target => {
    expect(existsSync(resolve(root, dirname(page), target))).toBe(true);
  });
});
