import type { Kept } from '../joint.js';
import { type RowMemory, valuesFor } from './row-memory.js';

/** A row of more would be no shorter for it. */
const MAX_KEYS = 64;

/** So many messages alike, one behind another, are likely to be followed by one more. */
const ALIKE = 8;

/** From one message that teaches to the next, where they were not alike. */
const LONGEST_PAUSE = 256;

/** A longer message gains nothing from company, and a bad line would take the others with it. */
export const MAX_JOINED_CHARS = 8 * 1024;

/** What is to be one frame of several ends behind so many characters. */
const FRAME_CHARS = 32 * 1024;

/** About so many characters has a number, and its comma. */
const NUMBER_CHARS = 8;
/** Quotes and a comma; or a comma, and a word as long as `false`. */
const TEXT_CHARS = 3;
const WORD_CHARS = 6;

const NO_BREAKS: readonly number[] = [];

/** Messages as rows: their values, which JSON has texts for that do not depend on where they stand. */
export class RowPiece implements Kept {
  readonly shape: RowShape;
  /** One behind another; undefined of one row, which lies in the memory behind those that are kept. */
  readonly values: readonly unknown[] | undefined;
  chars: number;
  /** Before which values another frame is to begin. */
  readonly breaks: readonly number[];

  constructor(
    shape: RowShape,
    values?: readonly unknown[],
    chars = 0,
    breaks: readonly number[] = NO_BREAKS,
  ) {
    this.shape = shape;
    this.values = values;
    this.chars = chars;
    this.breaks = breaks;
  }
}

/** What rows of one kind have in common. */
export class RowShape {
  /** The keys as they stand on the wire. */
  readonly keysText: string;
  /** How many values a row has. */
  readonly width: number;
  readonly #keys: readonly string[];
  readonly #row = new RowPiece(this);

  constructor(keys: readonly string[]) {
    this.#keys = keys;
    this.width = keys.length;
    this.keysText = JSON.stringify(keys);
  }

  /**
   * Puts a message as a row behind those that are kept. Undefined if it is none of these; or if it is sent by a getter of
   * another one, whose values are being looked at.
   */
  rowOf(message: object, memory: RowMemory): RowPiece | undefined {
    if (memory.lent) return undefined;
    memory.lent = true;
    try {
      memory.prepare(this.width);
      const { values, count } = memory;
      const chars = this.put(message, values, count);
      if (chars === 0) return undefined;
      memory.settle(values, count, this.width);
      this.#row.chars = chars;
      return this.#row;
    } finally {
      memory.lent = false;
    }
  }

  /** Puts the values of a message at `start` of others. Returns about how many characters they have; 0 if it is no row of these. */
  put(message: object, values: unknown[], start: number): number {
    const keys = this.#keys;
    let chars = 0;
    let at = 0;
    for (const key in message) {
      if (keys[at] !== key) return 0;
      const value = (message as Record<string, unknown>)[key];
      const length = charsOf(value);
      if (length === 0) return 0;
      values[start + at] = value;
      chars += length;
      at += 1;
    }
    return at === keys.length && chars <= MAX_JOINED_CHARS ? chars : 0;
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
  readonly #memory: RowMemory;
  #shape: RowShape | undefined;
  #alike = 0;
  #skip = 0;
  #pause = 1;

  constructor(memory: RowMemory) {
    this.#memory = memory;
  }

  /** A message as a row; undefined if it goes as it is. */
  rowOf(message: unknown): RowPiece | undefined {
    const shape = this.#shape;
    const row = shape !== undefined && isPlain(message) ? shape.rowOf(message, this.#memory) : undefined;
    if (row === undefined) {
      this.#alike = 0;
      this.#learn(message);
      return undefined;
    }
    if (this.#alike === ALIKE) return row;
    this.#alike += 1;
    if (this.#alike === ALIKE) this.#pause = 1;
    return undefined;
  }

  /** Messages as rows; undefined if any of them goes as it is. Many that are sent together show by themselves that they are alike. */
  rowsOf(messages: readonly unknown[]): RowPiece | undefined {
    const [first] = messages;
    if (messages.length === 1) return this.rowOf(first);
    if (messages.length < ALIKE) return undefined;
    if (this.#shape === undefined || !isRowOf(this.#shape, first)) this.#learn(first);
    const rows = this.#shape && allOf(this.#shape, messages);
    if (rows === undefined) {
      this.#shape = undefined;
      return undefined;
    }
    this.#alike = ALIKE;
    this.#pause = 1;
    return rows;
  }

  /** Unless a message before has just taught another shape. */
  #learn(message: unknown): void {
    if (this.#skip > 0) {
      this.#skip -= 1;
      return;
    }
    this.#shape = shapeOf(message);
    this.#skip = this.#pause;
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }
}

function allOf(shape: RowShape, messages: readonly unknown[]): RowPiece | undefined {
  const values = valuesFor(messages.length * shape.width);
  const breaks: number[] = [];
  let at = 0;
  let chars = 0;
  let inFrame = 0;
  for (const message of messages) {
    if (inFrame > FRAME_CHARS) {
      breaks.push(at);
      inFrame = 0;
    }
    const more = isPlain(message) ? shape.put(message, values, at) : 0;
    if (more === 0) return undefined;
    at += shape.width;
    chars += more;
    inFrame += more;
  }
  return new RowPiece(shape, values, chars, breaks);
}

/** `__proto__` as a key is nobody's business but JSON's own. */
function shapeOf(message: unknown): RowShape | undefined {
  if (!isPlain(message)) return undefined;
  const keys = Object.keys(message);
  if (keys.length === 0 || keys.length > MAX_KEYS || keys.includes('__proto__')) return undefined;
  const shape = new RowShape(keys);
  return isRowOf(shape, message) ? shape : undefined;
}

function isRowOf(shape: RowShape, message: unknown): boolean {
  return isPlain(message) && shape.put(message, [], 0) > 0;
}

/**
 * Whether JSON has nothing to say of it but its own properties. The compiler knows the prototype of an object of which it has
 * just looked a property up; otherwise to ask for it is a call into V8, 7 ns for each message.
 */
function isPlain(message: unknown): message is object {
  return (
    typeof message === 'object' &&
    message !== null &&
    typeof (message as { toJSON?: unknown }).toJSON !== 'function' &&
    Object.getPrototypeOf(message) === Object.prototype
  );
}

/** 0 for what may need its key, or is left out. Each `typeof` is compared with a literal: so it is no call. */
function charsOf(value: unknown): number {
  if (typeof value === 'number') return NUMBER_CHARS;
  if (typeof value === 'string') return value.length + TEXT_CHARS;
  if (typeof value === 'boolean') return WORD_CHARS;
  return value === null ? WORD_CHARS : 0;
}
