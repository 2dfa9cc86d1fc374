import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** The path of `deka-ipc/register`. */
export const PRELOAD = fileURLToPath(import.meta.resolve('deka-ipc/register'));

/** A program in test/fixtures. */
export function fixture(name: string): URL {
  return new URL(`../fixtures/${name}.js`, import.meta.url);
}

/** What a process prints, once it has ended without an error. */
export async function outputOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the process has no stdout to read');
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  expect(code).toBe(0);
  return output;
}
