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
  /** Shown in errors. */
  readonly name: string;
  /** Message to wire value. */
  wrap(message: unknown): unknown;
  /** Wire value to message. Throws an `IpcError` `ERR_BAD_ENVELOPE` for a value that has no such envelope. */
  unwrap(value: unknown): unknown;
  /**
   * The JSON text before and after the message's own JSON text. With it a codec of `syntax: 'json'` concatenates
   * instead of calling `wrap`, and the other way round; the two must mean the same.
   */
  readonly json?: { readonly before: string; readonly after: string };
}

const CMD = 'NODE_HANDLE';

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
    json: { before: `{"cmd":"${CMD}","msg":`, after: '}' },
    wrap: message => ({ cmd: CMD, msg: message }),
    unwrap: unwrapDeka,
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

function unwrapDeka(value: unknown): unknown {
  if (isDeka(value)) return value.msg;
  throw new IpcError(
    'ERR_BAD_ENVELOPE',
    `The peer sent a value without the envelope {"cmd":"${CMD}","msg":…}; it was dropped. ` +
      'Have the peer wrap its messages, or open this side with { envelope: bare() }.',
  );
}

function isDeka(value: unknown): value is { cmd: typeof CMD; msg: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, 'msg') &&
    (value as { cmd?: unknown }).cmd === CMD
  );
}
