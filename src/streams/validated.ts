import { IpcError, type MessageIssue, quoted } from '../errors.js';
import type { Codec, Coder } from './codec.js';

/** What a schema says of a value. */
export type StandardSchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly MessageIssue[] };

/**
 * A schema of Zod, Valibot, ArkType or any other library that follows Standard Schema, version 1 (standardschema.dev): as
 * much of it as is asked for here, so that no package has to be installed for its types.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (
      value: unknown,
    ) => StandardSchemaResult<Output> | Promise<StandardSchemaResult<Output>>;
  };
}

/**
 * A codec whose messages are checked as they come in. What fits the schema is delivered as the schema gives it back
 * (defaults filled in, texts coerced), and typed so; what does not is an `ERR_INVALID_MESSAGE` on `failures$`, with the
 * `issues` in it. What goes out is not checked.
 *
 * The schema has to answer at once: one that gives a promise (an asynchronous refinement) makes each message an
 * `ERR_INVALID_MESSAGE` that says so.
 *
 * @param codec any codec; it keeps its name, so that the other end may go without the schema.
 * @param schema any Standard Schema
 * @example
 * import { z } from 'zod';
 * const tick = z.object({ symbol: z.string(), price: z.number() });
 * const [a, b] = pair({ codec: validated(json(), tick) });
 */
export function validated<Out, In>(codec: Codec<Out, unknown>, schema: StandardSchema<In>): Codec<Out, In> {
  const { name, framing, envelope, syntax } = codec;
  return {
    name,
    framing,
    ...(envelope === undefined ? {} : { envelope }),
    ...(syntax === undefined ? {} : { syntax }),
    create: () => checkedCoder(codec.create(), schema),
  };
}

function checkedCoder<Out, In>(coder: Coder<Out, unknown>, schema: StandardSchema<In>): Coder<Out, In> {
  const { encodeMany, decodeMany, plain, joining } = coder;
  return {
    encode: message => coder.encode(message),
    // Not yet what it is said to be: that is for `check` to say, when the envelope is off.
    decode: frame => coder.decode(frame) as In,
    ...(encodeMany === undefined ? {} : { encodeMany: messages => encodeMany.call(coder, messages) }),
    ...(decodeMany === undefined
      ? {}
      : { decodeMany: frame => decodeMany.call(coder, frame) as readonly In[] | undefined }),
    ...(plain === undefined ? {} : { plain }),
    ...(joining === undefined ? {} : { joining }),
    check: message => checked(schema, coder.check === undefined ? message : coder.check(message)),
    unsent: () => coder.unsent?.(),
    missed: () => coder.missed?.(),
  };
}

function checked<In>(schema: StandardSchema<In>, message: unknown): In {
  const result = schema['~standard'].validate(message);
  if (result instanceof Promise) {
    result.catch(() => {}); // what it would have said is of no use any more
    throw asynchronous(schema['~standard'].vendor);
  }
  if (result.issues === undefined) return result.value;
  throw invalid(result.issues);
}

function invalid(issues: readonly MessageIssue[]): IpcError {
  const [first] = issues;
  const others = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return new IpcError(
    'ERR_INVALID_MESSAGE',
    `The peer sent a message that does not fit the schema: ${described(first)}${others}; it was dropped. ` +
      'Check that both ends are of the same version; issues has all of it.',
    { issues },
  );
}

/** In part a stranger's text. */
function described(issue: MessageIssue | undefined): string {
  if (issue === undefined) return 'the schema does not say why';
  const path = issue.path?.map(step => String(typeof step === 'object' ? step.key : step)).join('.') ?? '';
  return `${quoted(issue.message, 100)}${path === '' ? '' : ` at ${quoted(path, 100)}`}`;
}

function asynchronous(vendor: string): IpcError {
  return new IpcError(
    'ERR_INVALID_MESSAGE',
    `The schema (${vendor}) answers with a promise, and validated() cannot wait for one; the message was dropped. ` +
      'Give it a schema without asynchronous parts, and check those in the pipeline behind messages$.',
  );
}
