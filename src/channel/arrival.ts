import { IpcError } from '../errors.js';
import { closeHandle, type Handle, heedErrors, ignoreErrors } from '../transport/handle.js';

/** A handle that came with a message, until somebody takes it. */
export class Arrival {
  readonly #handle: Handle;
  readonly #unclaimed: (failure: IpcError) => void;
  #taken = false;

  /** @param unclaimed is told when nobody has taken it. */
  constructor(handle: Handle, unclaimed: (failure: IpcError) => void) {
    this.#handle = handle;
    this.#unclaimed = unclaimed;
    ignoreErrors(handle);
  }

  /** From here on it is the taker's. */
  take(): Handle {
    if (!this.#taken) heedErrors(this.#handle);
    this.#taken = true;
    return this.#handle;
  }

  /** Its message has been delivered, or will never be. */
  settle(): void {
    if (this.#taken) return;
    this.#taken = true;
    closeHandle(this.#handle);
    this.#unclaimed(unclaimed());
  }
}

function unclaimed(): IpcError {
  return new IpcError(
    'ERR_HANDLE_UNCLAIMED',
    'A handle came with a message, and nobody took it: it was closed. Subscribe to deliveries$, or have the peer send ' +
      'the message alone.',
  );
}
