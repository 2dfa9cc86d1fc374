/** So many values are text before there are more: one call for them, and the memory stays in the processor's caches. */
export const MANY_VALUES = 2560;

const NULLS: readonly unknown[] = Array.from({ length: MANY_VALUES }, () => null);

/** Memory for so many values, which has its size at once: what grows is copied again and again, and is garbage each time. */
export function valuesFor(count: number): unknown[] {
  return NULLS.slice(0, count);
}

/**
 * Where the values of rows are until they are text. A row is put there while its message is looked at, and is in when it is
 * added: a list between the two would cost more than all else does.
 *
 * ```
 * [ 1, "a", 2, "b", 3, "c", null, null … ]
 *   └─ count ────┘  └ the row that is looked at
 * ```
 */
export class RowMemory {
  values: unknown[] = [];
  /** So many of them are kept. */
  count = 0;
  /** Whether a message is looked at, one of whose getters may send others. */
  lent = false;
  #inWrite = 0; // kept since the last write
  #room = 0; // learnt from it

  /** Makes room for rows of so many values, if there is none. */
  prepare(width: number): void {
    if (this.values.length === 0) this.values = valuesFor(this.#room - (this.#room % width));
  }

  /** The row that was put into `values` behind others is behind those that are kept, whatever was sent meanwhile. */
  settle(values: readonly unknown[], start: number, width: number): void {
    if (this.values !== values) this.values = values.slice(start, start + width);
  }

  /** Keeps the row behind the others. */
  add(width: number): void {
    this.count += width;
    this.#inWrite += width;
  }

  /** Keeps rows that lie elsewhere. */
  addAll(values: readonly unknown[], width: number): void {
    this.prepare(width);
    const kept = this.values;
    const start = this.count;
    for (let i = 0; i < values.length; i += 1) kept[start + i] = values[i];
    this.add(values.length);
  }

  /** All that are kept. A row of `width` behind them stays, and is the first. */
  take(width: number): readonly unknown[] {
    const { values, count } = this;
    if (count === 0) return [];
    this.values = width === 0 ? [] : values.slice(count, count + width);
    this.count = 0;
    return count === values.length ? values : values.slice(0, count);
  }

  /** All is written. */
  written(): void {
    this.#room = Math.min(this.#inWrite * 2, MANY_VALUES);
    this.#inWrite = 0;
  }
}
