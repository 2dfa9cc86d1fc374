import Table from 'cli-table3';
import { noteFor } from './notes.js';
import type { Run } from './result.js';
import type { Row } from './summary.js';

const HEAD = ['workload', 'contender', 'figure', 'median', 'spread', 'ratio'];

/** The table that a person reads, and the notes below it. */
export function table({ rows }: Run): string {
  const drawn = new Table({
    head: HEAD,
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const notes: string[] = [];
  let above = '';
  for (const row of rows) {
    drawn.push([
      row.title === above ? '' : row.title,
      `${row.contender}${mark(noteFor(row, rows), notes)}`,
      `${row.figure}, ${row.unit}`,
      digits(row.median),
      `${digits(row.min)} – ${digits(row.max)}`,
      ratio(row),
    ]);
    above = row.title;
  }
  return [drawn.toString(), ...notes.map((note, index) => ` ${index + 1}) ahead: ${note}`)].join('\n');
}

/** The number of the note, which it gets when it is first needed. */
function mark(note: string | undefined, notes: string[]): string {
  if (note === undefined) return '';
  if (!notes.includes(note)) notes.push(note);
  return ` ${notes.indexOf(note) + 1})`;
}

/** The base of the others says so. */
function ratio(row: Row): string {
  if (row.contender === row.base) return 'base 1.00';
  return row.ratio === null ? '' : ratioText(row.ratio);
}

/** Two digits behind the point, or the first two that count. */
export function ratioText(value: number): string {
  return value < 0.1 ? value.toPrecision(2) : value.toFixed(2);
}

/** Three of them, or all before the point. */
export function digits(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
