/** What a side announces that takes rows: messages that are alike, their keys once and their values one behind another. */
export const ROWS_FEATURE = 'rows';

/** A row of more would be no shorter for it. */
const MAX_KEYS = 64;

/** So many messages alike, one behind another, are likely to be followed by one more. */
const ALIKE = 8;

/** From one message that teaches to the next, where they were not alike. */
const LONGEST_PAUSE = 256;

/** What rows of one kind have in common. */
export class RowShape {
  /** The keys as they stand on the wire. */
  readonly keysText: string;
  readonly #keys: readonly string[];
  // A text that comes again, as the name of a kind does, is quoted once.
  readonly #texts: string[];
  readonly #quoted: string[];

  constructor(keys: readonly string[]) {
    this.#keys = keys;
    this.keysText = JSON.stringify(keys);
    this.#texts = keys.map(() => '');
    this.#quoted = keys.map(() => '""');
  }

  /** Whether a message has these keys and no others, in this order. */
  fits(message: object): boolean {
    const keys = this.#keys;
    let at = 0;
    for (const key in message) {
      if (keys[at] !== key) return false;
      at += 1;
    }
    return at === keys.length;
  }

  /** The values of a message as JSON, with commas between them. Undefined for one that is no row of these. */
  rowOf(message: object): string | undefined {
    const keys = this.#keys;
    let row = '';
    let at = 0;
    for (const key in message) {
      if (keys[at] !== key) return undefined;
      const text = this.#textOf(at, (message as Record<string, unknown>)[key]);
      if (text === undefined) return undefined;
      row += at === 0 ? text : `,${text}`;
      at += 1;
    }
    return at === keys.length ? row : undefined;
  }

  /** As `JSON.stringify` writes it. Undefined for what may need its key, or leaves it out. */
  #textOf(column: number, value: unknown): string | undefined {
    switch (typeof value) {
      case 'number':
        return Number.isFinite(value) ? `${value}` : 'null';
      case 'string':
        if (this.#texts[column] !== value) {
          this.#texts[column] = value;
          this.#quoted[column] = JSON.stringify(value);
        }
        return this.#quoted[column];
      case 'boolean':
        return value ? 'true' : 'false';
      default:
        return value === null ? 'null' : undefined;
    }
  }
}

/**
 * Finds messages that are alike: plain objects with the same keys, and nothing but texts, numbers, booleans and null behind
 * them.
 *
 * ```
 * state   | a message of the shape         | another one
 * looking | → alike, if it is the eighth   | teaches its own shape, unless one has just done so: after 1 other, 2, 4 …
 * alike   | is a row                       | → looking
 * ```
 */
export class RowFinder {
  /** Of the rows that were found last. A getter of a message may send others meanwhile, which are found before it. */
  found: RowShape | undefined;
  #shape: RowShape | undefined;
  #alike = 0;
  #skip = 0;
  #pause = 1;

  /** A message as a row; undefined if it goes as it is. */
  rowOf(message: unknown): string | undefined {
    const shape = this.#shape;
    if (shape !== undefined && isPlain(message)) {
      if (this.#alike < ALIKE) {
        if (shape.fits(message)) return this.#oneMore();
      } else {
        const row = shape.rowOf(message);
        this.found = shape;
        if (row !== undefined) return row;
      }
    }
    this.#alike = 0;
    if (this.#skip > 0) this.#skip -= 1;
    else this.#learn(message);
    return undefined;
  }

  /** Messages as rows; undefined if any of them goes as it is. Many that are sent together show by themselves that they are alike. */
  rowsOf(messages: readonly unknown[]): readonly string[] | undefined {
    if (messages.length < ALIKE) {
      const rows = messages.map(message => this.rowOf(message));
      return rows.every(row => row !== undefined) ? rows : undefined;
    }
    const [first] = messages;
    if (!isPlain(first) || this.#shape?.fits(first) !== true) {
      if (this.#skip > 0) this.#skip -= 1;
      else this.#learn(first);
    }
    const shape = this.#shape;
    if (shape === undefined) return undefined;
    const rows: string[] = [];
    for (const message of messages) {
      const row = isPlain(message) ? shape.rowOf(message) : undefined;
      if (row === undefined) {
        this.#learn(undefined);
        return undefined;
      }
      rows.push(row);
    }
    this.#alike = ALIKE;
    this.#pause = 1;
    this.found = shape;
    return rows;
  }

  #oneMore(): undefined {
    this.#alike += 1;
    if (this.#alike === ALIKE) this.#pause = 1;
  }

  #learn(message: unknown): void {
    this.#shape = shapeOf(message);
    this.#alike = 0;
    this.#skip = this.#pause;
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }
}

/** `__proto__` as a key is nobody's business but JSON's own. */
function shapeOf(message: unknown): RowShape | undefined {
  if (!isPlain(message)) return undefined;
  const keys = Object.keys(message);
  if (keys.length === 0 || keys.length > MAX_KEYS || keys.includes('__proto__')) return undefined;
  const shape = new RowShape(keys);
  return shape.rowOf(message) === undefined ? undefined : shape;
}

/** Whether JSON has nothing to say of it but its own properties. */
function isPlain(message: unknown): message is object {
  return (
    typeof message === 'object' &&
    message !== null &&
    Object.getPrototypeOf(message) === Object.prototype &&
    typeof (message as { toJSON?: unknown }).toJSON !== 'function'
  );
}
