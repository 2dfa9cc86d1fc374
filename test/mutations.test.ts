import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mutations } from './mutations.js';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('the list of guards', () => {
  it.each(
    mutations.map(({ guard, ...rest }) => [guard, rest] as const),
  )('is true to the sources and to test/README.md: %s', (guard, { file, find, put, test, name }) => {
    expect(read(`../src/${file}`).split(find).length - 1).toBe(1);
    expect(put).not.toBe(find);
    expect(read('README.md')).toContain(`| ${guard} | ${file} | ${test} | ${name} |`);
  });
});
