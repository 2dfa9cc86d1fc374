import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/**
 * Expects a part of a page to be this text. It stands between `<!-- NAME -->` and `<!-- /NAME -->`; run with
 * `UPDATE_TABLES=1` to write it.
 */
export function expectSection(page: URL, name: string, text: string): void {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const whole = readFileSync(page, 'utf8');
  const [start, stop] = [whole.indexOf(begin) + begin.length, whole.indexOf(end)];
  expect(stop, `${name} stands in ${page.pathname}`).toBeGreaterThanOrEqual(start);
  if (process.env['UPDATE_TABLES'] === '1') {
    writeFileSync(page, `${whole.slice(0, start)}${text}${whole.slice(stop)}`);
    return;
  }
  expect(whole.slice(start, stop)).toBe(text);
}

/** A Markdown table. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('');
}
