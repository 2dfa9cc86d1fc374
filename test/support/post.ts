import type { Transport } from '../../src/transport/transport.js';

/** Writes, and calls back once the batch is taken, whether that was at once or later. */
export function post(
  transport: Pick<Transport, 'write'> | undefined,
  batch: string | Uint8Array,
  taken: (error?: Error | null) => void,
): void {
  if (transport?.write(batch, taken) === true) process.nextTick(taken);
}
