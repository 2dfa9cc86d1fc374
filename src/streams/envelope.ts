import { IpcError } from '../errors.js';

/**
 * What surrounds a message on the wire.
 *
 * @example
 * const tagged: Envelope = {
 *   name: 'tagged',
 *   wrap: message => ({ v: 1, message }),
 *   unwrap: value => (value as { message: unknown }).message,
 * };
 */
export interface Envelope {
  /** For people, but for `'deka'`: handles travel in that one alone. */
  readonly name: string;
  /** Message to wire value. */
  wrap(message: unknown): unknown;
  /** Wire value to message. Throws an `IpcError` `ERR_BAD_ENVELOPE` for a value that has no such envelope. */
  unwrap(value: unknown): unknown;
  /**
   * The JSON text before and after the message's own JSON text. With it a codec of `syntax: 'json'` concatenates
   * instead of calling `wrap`, and the other way round; the two must mean the same.
   */
  readonly json?: EnvelopeText & {
    /** The same around a JSON array of messages, for peers that have announced that they take batches. */
    readonly many?: EnvelopeText;
    /** The same around the keys and the values of messages that are alike, for peers that take rows. */
    readonly rows?: RowsText;
  };
  /** Wire value to the messages of a batch; undefined if it is none. */
  unwrapMany?(value: unknown): readonly unknown[] | undefined;
  /** Wire value to the keys and values of rows; undefined if it has none. */
  unwrapRows?(value: unknown): Rows | undefined;
  /** What tells the peer which extensions of the wire this side takes. */
  announce?(features: readonly string[]): unknown;
  /** What the peer has announced so; undefined if the value is something else. */
  announced?(value: unknown): readonly string[] | undefined;
}

/** JSON text around something. */
export interface EnvelopeText {
  readonly before: string;
  readonly after: string;
}

/** JSON text around the keys and the values of rows: `before`, keys, `between`, values, `after`. */
export interface RowsText extends EnvelopeText {
  readonly between: string;
}

/** What a frame of rows holds, as a stranger may have sent it. */
export interface Rows {
  readonly keys: readonly unknown[];
  readonly values: readonly unknown[];
}

const CMD = 'NODE_HANDLE';
const BATCH = 'DEKA_BATCH';
const ROWS = 'DEKA_ROWS';
const HELLO = 'DEKA_HELLO';

/**
 * Deka's envelope: `{"cmd":"NODE_HANDLE","msg":<message>}`. The default.
 *
 * A value without it is an `ERR_BAD_ENVELOPE` on `failures$`.
 *
 * @example
 * deka().wrap([1, 2]); // { cmd: 'NODE_HANDLE', msg: [1, 2] }
 */
export function deka(): Envelope {
  return {
    name: 'deka',
    json: {
      before: `{"cmd":"${CMD}","msg":`,
      after: '}',
      many: { before: `{"cmd":"${BATCH}","msgs":`, after: '}' },
      rows: { before: `{"cmd":"${ROWS}","keys":`, between: ',"rows":', after: '}' },
    },
    wrap: message => ({ cmd: CMD, msg: message }),
    unwrap: unwrapDeka,
    unwrapMany: value => listOf(value, BATCH, 'msgs'),
    unwrapRows,
    announce: features => ({ cmd: HELLO, accepts: features }),
    announced: value => listOf(value, HELLO, 'accepts')?.filter(isString),
  };
}

/**
 * No envelope: the message itself is the wire value. For peers that speak plain JSON Lines.
 *
 * @example
 * const server = spawn('some-mcp-server'); // of node:child_process
 * const channel = fromStreams(server.stdout, server.stdin, { envelope: bare() });
 */
export function bare(): Envelope {
  return { name: 'bare', json: { before: '', after: '' }, wrap: itself, unwrap: itself };
}

function itself(value: unknown): unknown {
  return value;
}

/** The wire values of many messages: the very array where there is no envelope. */
export function wrapEach(envelope: Envelope, messages: readonly unknown[]): readonly unknown[] {
  return envelope.wrap === itself ? messages : messages.map(message => envelope.wrap(message));
}

/** The messages of many wire values: the very array where there is no envelope. Throws what `unwrap` throws. */
export function unwrapEach(envelope: Envelope, values: readonly unknown[]): readonly unknown[] {
  return envelope.unwrap === itself ? values : values.map(value => envelope.unwrap(value));
}

function unwrapDeka(value: unknown): unknown {
  if (isDeka(value)) return value.msg;
  throw new IpcError(
    'ERR_BAD_ENVELOPE',
    `The peer sent a value without the envelope {"cmd":"${CMD}","msg":…}; it was dropped. ` +
      'Have the peer wrap its messages, or open this side with { envelope: bare() }.',
  );
}

function unwrapRows(value: unknown): Rows | undefined {
  const keys = listOf(value, ROWS, 'keys');
  const values = listOf(value, ROWS, 'rows');
  return keys === undefined || values === undefined ? undefined : { keys, values };
}

/** The array that stands beside a command. */
function listOf(value: unknown, cmd: string, name: string): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null || (value as { cmd?: unknown }).cmd !== cmd)
    return undefined;
  const list: unknown = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  return Array.isArray(list) ? list : undefined;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isDeka(value: unknown): value is { cmd: typeof CMD; msg: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, 'msg') &&
    (value as { cmd?: unknown }).cmd === CMD
  );
}
