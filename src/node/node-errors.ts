import { inspect } from 'node:util';

// Errors with Node's codes and texts: who catches `err.code === 'ERR_IPC_CHANNEL_CLOSED'` must not notice a difference.
// The texts are those of lib/internal/errors.js.

/** `process.send` after the channel was closed. */
export function channelClosedError(): NodeJS.ErrnoException {
  return coded(new Error('Channel closed'), 'ERR_IPC_CHANNEL_CLOSED');
}

/** `disconnect()` on a channel that is not connected. */
export function disconnectedError(): NodeJS.ErrnoException {
  return coded(new Error('IPC channel is already disconnected'), 'ERR_IPC_DISCONNECTED');
}

/** `send()` without a message. */
export function missingMessageError(): NodeJS.ErrnoException {
  return coded(new TypeError('The "message" argument must be specified'), 'ERR_MISSING_ARGS');
}

/** An argument of the wrong type: `wanted` is the text after "must be". */
export function invalidTypeError(name: string, wanted: string, value: unknown): NodeJS.ErrnoException {
  const text = `The "${name}" argument must be ${wanted}.${received(value)}`;
  return coded(new TypeError(text), 'ERR_INVALID_ARG_TYPE');
}

/** A handle that is not a socket or server. */
export function invalidHandleError(): NodeJS.ErrnoException {
  return coded(new TypeError('This handle type cannot be sent'), 'ERR_INVALID_HANDLE_TYPE');
}

/** Whether it is a socket or server that Node could send. By its shape: a child need not load node:net and node:dgram. */
export function isHandle(value: unknown): boolean {
  const { address, ref, unref } = value as Record<string, unknown>;
  return [address, ref, unref].every(member => typeof member === 'function');
}

function coded<E extends Error>(error: E, code: string): E & NodeJS.ErrnoException {
  // As Node does it: the code stands in the stack and in the property, not in the name.
  if (error.stack !== undefined) error.stack = error.stack.replace(error.name, `${error.name} [${code}]`);
  return Object.assign(error, { code });
}

function received(value: unknown): string {
  if (value === undefined || value === null) return ` Received ${value}`;
  if (typeof value === 'function') return ` Received function ${value.name}`;
  if (typeof value === 'object') {
    const name = value.constructor?.name;
    return name === undefined || name === ''
      ? ` Received ${inspect(value, { depth: -1 })}`
      : ` Received an instance of ${name}`;
  }
  return ` Received type ${typeof value} (${typeof value === 'string' ? quoted(value) : inspect(value)})`;
}

function quoted(text: string): string {
  const shown = text.length > 28 ? `${text.slice(0, 25)}...` : text;
  return shown.includes("'") ? JSON.stringify(shown) : `'${shown}'`;
}
