import { IpcError, printable, quoted, reasonOf } from '../errors.js';
import type { Codec } from './codec.js';
import { textOf } from './frame-text.js';
import type { Frame } from './framing.js';
import { lines } from './lines.js';

const STANDING: readonly string[] = ['string', 'number', 'boolean'];

/** Options of {@link json}, as in `JSON.stringify` and `JSON.parse`. */
export interface JsonOptions {
  /** Second argument of `JSON.stringify`. */
  readonly replacer?: (key: string, value: unknown) => unknown;
  /** Second argument of `JSON.parse`. A frame that spells its envelope in an unusual way passes through it whole. */
  readonly reviver?: (key: string, value: unknown) => unknown;
}

/**
 * One JSON text per frame, over the {@link lines} framing. The default codec, and the Deka wire's.
 *
 * Carries what JSON carries. `send` throws `ERR_ENCODE` for what has no JSON text: `undefined`, a function, a symbol, a
 * bigint, a circular object, an object whose `toJSON` returns `undefined`. A frame that does not parse is an
 * `ERR_DECODE` on `failures$`. `__proto__` in a message is an own property like any other.
 *
 * @example
 * const dates = json({
 *   reviver: (key, value) => (key === 'at' ? new Date(String(value)) : value),
 * });
 * const [a, b] = pair({ codec: dates });
 */
export function json<Out = unknown, In = unknown>(options: JsonOptions = {}): Codec<Out, In> {
  const { replacer, reviver } = options;

  function encode(message: Out): string {
    const text = stringify(message);
    // toJSON() may return undefined, and the line "undefined" would be the peer's bad frame.
    if (text === undefined) {
      throw new IpcError(
        'ERR_ENCODE',
        `JSON has no text for ${describe(message)}. Send null, or leave the property out.`,
      );
    }
    return text;
  }

  function stringify(message: Out): string | undefined {
    try {
      return JSON.stringify(message, replacer);
    } catch (cause) {
      throw new IpcError(
        'ERR_ENCODE',
        `The message cannot be written as JSON: ${reasonOf(cause)}. Send a plain copy of what is needed.`,
        { cause },
      );
    }
  }

  function decode(frame: Frame): In {
    const text = textOf(frame);
    try {
      return JSON.parse(text, reviver) as In;
    } catch (cause) {
      throw cause instanceof SyntaxError ? notJson(text, cause) : refused(cause);
    }
  }

  /** One array costs less than its parts, but hides what JSON has no text for: it stands as null there. */
  function encodeMany(messages: readonly Out[]): string | undefined {
    if (replacer !== undefined) return undefined;
    try {
      return messages.every(standsInArray) ? JSON.stringify(messages) : undefined;
    } catch {
      return undefined; // by itself, the message that fails gets its error
    }
  }

  function decodeMany(frame: Frame): readonly In[] {
    return JSON.parse(textOf(frame)) as In[];
  }

  const coder =
    reviver === undefined
      ? { encode, encodeMany, decode, decodeMany, plain: replacer === undefined }
      : { encode, encodeMany, decode };
  return { name: 'json', framing: lines(), syntax: 'json', create: () => coder };
}

/** Whether its text in an array is the text it has alone. `toJSON` may return undefined, and sees another key. */
function standsInArray(message: unknown): boolean {
  if (typeof message !== 'object') return STANDING.includes(typeof message);
  return message === null || typeof (message as { toJSON?: unknown }).toJSON !== 'function';
}

function describe(message: unknown): string {
  if (message === undefined) return 'undefined';
  if (typeof message === 'object') return 'an object whose toJSON() returned undefined';
  return `a ${typeof message}`;
}

function notJson(text: string, cause: SyntaxError): IpcError {
  return new IpcError(
    'ERR_DECODE',
    `The peer sent a frame of ${text.length} characters that is not JSON: ${quoted(text)}. ` +
      'Only messages may be written to the channel; print logs to stderr.',
    { cause: new SyntaxError(printable(cause.message)) }, // V8 quotes the text in it
  );
}

function refused(cause: unknown): IpcError {
  return new IpcError('ERR_DECODE', `The reviver refused a message: ${reasonOf(cause)}.`, { cause });
}
