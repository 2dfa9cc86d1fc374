import { IpcError, reasonOf } from '../errors.js';

/** So many failures of one chunk are described; the others cost no more than what finding them costs. */
export const FAILURES_PER_CHUNK = 100;

/**
 * The failures of one chunk. A chunk of nothing but line ends has 65 536: an error each would be 60 MiB, and a second of
 * work, most of it for stack traces.
 */
export class ChunkFailures {
  readonly #described: IpcError[] = [];
  #others = 0;
  #last: unknown; // of the others
  #traceLimit = 0;

  get any(): boolean {
    return this.#described.length > 0;
  }

  add(thrown: unknown): void {
    if (this.#described.length < FAILURES_PER_CHUNK) {
      this.#described.push(decodeError(thrown));
      return;
    }
    if (this.#others === 0) this.#traceLimit = setTraceLimit(0);
    this.#others += 1;
    this.#last = thrown;
  }

  /** To be called whatever happens: it gives back the stack traces that others may want. */
  end(): readonly IpcError[] {
    if (this.#others === 0) return this.#described;
    setTraceLimit(this.#traceLimit);
    return [...this.#described, othersFailed(this.#others, decodeError(this.#last))];
  }
}

/** What a codec, an envelope or a user's validator threw, as the `IpcError` that goes to `failures$`. */
export function decodeError(thrown: unknown): IpcError {
  if (thrown instanceof IpcError) return thrown;
  return new IpcError(
    'ERR_DECODE',
    `The codec could not read a frame: ${reasonOf(thrown)}. Check that both ends use the same codec.`,
    { cause: thrown },
  );
}

function othersFailed(count: number, last: IpcError): IpcError {
  return new IpcError(
    last.code,
    `${count} more frames of one chunk could not be read. The last one: ${last.message}`,
    { cause: last, count },
  );
}

/** Returns the limit as it was. Under --frozen-intrinsics it stays as it is, and so do the traces. */
function setTraceLimit(limit: number): number {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, 'stackTraceLimit', limit);
  return stackTraceLimit;
}
