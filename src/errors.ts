/** The stable codes of {@link IpcError}. `docs/errors.md` has a heading for each: what happened, and the cure. */
export type IpcErrorCode =
  | 'ERR_CHANNEL_CLOSED'
  | 'ERR_NO_PARENT_CHANNEL'
  | 'ERR_UNSUPPORTED_PLATFORM'
  | 'ERR_BAD_CHANNEL_FD'
  | 'ERR_ENCODE'
  | 'ERR_DECODE'
  | 'ERR_INVALID_MESSAGE'
  | 'ERR_BAD_ENVELOPE'
  | 'ERR_FRAME_TOO_LARGE'
  | 'ERR_FRAMING_LOST'
  | 'ERR_QUEUE_FULL'
  | 'ERR_CODEC_MISMATCH'
  | 'ERR_MISSING_PACKAGE'
  | 'ERR_HANDLES_UNAVAILABLE'
  | 'ERR_HANDLE_UNCLAIMED'
  | 'ERR_HANDLE_UNDELIVERED'
  | 'ERR_INVALID_HANDLE_TYPE'
  | 'ERR_INVALID_OPTION'
  | 'ERR_SOCKET_PATH'
  | 'ERR_TRANSPORT';

/** One thing that is wrong with a message, as Standard Schema has it (standardschema.dev). */
export interface MessageIssue {
  readonly message: string;
  /** Where in the message: the keys that lead there, or objects with such a key. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

const brand = Symbol.for('deka-ipc.IpcError');

/**
 * Everything that can go wrong in this library.
 *
 * `code` is stable and meant for programs; `message` tells a person the cure; `cause`, where there is one, is the
 * error underneath (a `SyntaxError` of `JSON.parse`, an errno of the socket). `count` is there only on `failures$`, and
 * only where a flood was summed up: for how many bad frames this one error stands.
 *
 * `instanceof` holds across two copies of the package in one process: the class recognises its brand, not its
 * identity (undici does the same, nodejs/undici `lib/core/errors.js`).
 *
 * @example
 * channel.failures$.subscribe(failure => {
 *   if (failure.code === 'ERR_DECODE') console.warn(failure.message);
 * });
 */
export class IpcError extends Error {
  readonly code: IpcErrorCode;
  /** Of an `ERR_INVALID_MESSAGE`: what the schema found. */
  declare readonly issues?: readonly MessageIssue[];
  declare readonly count?: number;

  constructor(
    code: IpcErrorCode,
    message: string,
    options: {
      readonly cause?: unknown;
      readonly count?: number;
      readonly issues?: readonly MessageIssue[];
    } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'IpcError';
    this.code = code;
    if (options.count !== undefined) this.count = options.count;
    if (options.issues !== undefined) this.issues = options.issues;
  }

  /** @internal */
  get [brand](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** The text of anything that was thrown, for use inside an error message. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  try {
    return String(thrown);
  } catch {
    return 'a value without a text'; // an object without a prototype, or a toString() that throws
  }
}

/** The beginning of a stranger's text, for use inside an error message. */
export function quoted(text: string, longest = 60): string {
  return printable(JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text));
}

/** No control character, nor one that turns the direction of writing, may reach a terminal through an error. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, character => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
