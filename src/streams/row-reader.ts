import { IpcError } from '../errors.js';
import type { Rows, RowsText } from './envelope.js';

/** Reads rows. One per channel: a frame with the keys of the last one is parsed without them. */
export class RowReader {
  readonly #text: RowsText | undefined;
  #keys: readonly string[] = [];
  #empty: object = {};
  #before: string | undefined; // in a frame with these keys
  #after = '';

  /** @param text how this side spells them, if it does. */
  constructor(text: RowsText | undefined) {
    this.#text = text;
  }

  /** Whether a frame begins, and ends, as the last one did that was parsed whole. */
  knows(frame: string): boolean {
    return this.#before !== undefined && frame.startsWith(this.#before) && frame.endsWith(this.#after);
  }

  /** The messages of such a frame. Throws what `JSON.parse` throws, and `ERR_DECODE`. */
  read(frame: string): readonly object[] {
    const { length = 1 } = this.#before ?? {};
    const values = frame.slice(length - 1, frame.length - this.#after.length + 1); // with their brackets
    return messagesOf(this.#empty, this.#keys, JSON.parse(values));
  }

  /** The messages of a frame that was parsed whole. Throws `ERR_DECODE`. */
  messagesOf({ keys, values }: Rows): readonly object[] {
    if (keys.length === 0 || !keys.every(isKey)) throw badRows('whose keys are not names');
    const empty = messageWith(keys);
    const messages = messagesOf(empty, keys, values);
    if (this.#text !== undefined) {
      const { before, between, after } = this.#text;
      this.#keys = keys;
      this.#empty = empty;
      this.#before = `${before}${JSON.stringify(keys)}${between}[`;
      this.#after = `]${after}`;
    }
    return messages;
  }
}

function messagesOf(empty: object, keys: readonly string[], values: readonly unknown[]): readonly object[] {
  if (values.length % keys.length !== 0) {
    throw badRows(`of ${keys.length} keys with ${values.length} values`);
  }
  const messages: object[] = [];
  for (let at = 0; at < values.length; at += keys.length) messages.push(messageOf(empty, keys, values, at));
  return messages;
}

/** What JSON parses has room for its keys from the start, and so have its copies. */
function messageWith(keys: readonly string[]): object {
  return JSON.parse(`{${keys.map(key => `${JSON.stringify(key)}:null`).join()}}`);
}

function messageOf(empty: object, keys: readonly string[], values: readonly unknown[], at: number): object {
  const message: Record<string, unknown> = { ...empty };
  for (let column = 0; column < keys.length; column += 1) {
    message[keys[column] as string] = values[at + column];
  }
  return message;
}

/** An assignment to `__proto__` is not what JSON means by it, and no sender puts it into rows. */
function isKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '__proto__';
}

function badRows(what: string): IpcError {
  return new IpcError(
    'ERR_DECODE',
    `The peer sent rows ${what}; they were dropped. Each row has one value for each key, and a key is a text, but not __proto__.`,
  );
}
