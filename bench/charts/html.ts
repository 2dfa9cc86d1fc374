import type { Result, Run } from '../result.js';
import { digits, ratioText } from '../table.js';
import { INK } from './palette.js';
import { escaped, svg } from './svg.js';

const STYLE = `
:root { color-scheme: light dark; --paper: ${INK.paper.light}; --text: ${INK.text.light}; --line: ${INK.line.light}; }
@media (prefers-color-scheme: dark) {
  :root { --paper: ${INK.paper.dark}; --text: ${INK.text.dark}; --line: ${INK.line.dark}; }
}
body { margin: 0 auto; max-width: 1264px; padding: 1rem; font: 15px/1.5 system-ui, sans-serif;
  background: var(--paper); color: var(--text); }
svg { max-width: 100%; height: auto; }
svg svg { max-width: none; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 2px 10px; text-align: left; border-bottom: 1px solid var(--line); }
td:nth-child(n + 4) { text-align: right; }`;

const HEAD = ['workload', 'contender', 'figure', 'median', 'lowest', 'highest', 'ratio', 'base'];

/** A page that needs nothing else: the picture, and every row in a table. */
export function html(result: Result): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>deka-ipc bench</title><style>${STYLE}</style></head><body>`,
    '<h1>deka-ipc bench</h1>',
    svg(result),
    ...result.runs.map(rows),
    '</body></html>\n',
  ].join('\n');
}

function rows({ runtime, rows: all }: Run): string {
  const body = all.map(row =>
    cells('td', [
      row.title,
      row.contender,
      `${row.figure}, ${row.unit}`,
      digits(row.median),
      digits(row.min),
      digits(row.max),
      row.ratio === null ? '' : ratioText(row.ratio),
      row.base,
    ]),
  );
  return `<details><summary>${escaped(runtime)}: ${all.length} rows</summary><table>${cells('th', HEAD)}${body.join('\n')}</table></details>`;
}

function cells(tag: 'td' | 'th', texts: readonly string[]): string {
  return `<tr>${texts.map(text => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
}
