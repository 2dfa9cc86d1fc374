import type { Taken, Transport } from '../transport/transport.js';

/** What has come out of a transport so far. */
export interface Watch {
  bytes(): Buffer;
  text(): string;
  /** Resolves once so many bytes have come. */
  until(length: number): Promise<void>;
  /** How it ended: `'complete'`, or the error. */
  readonly over: Promise<unknown>;
}

/** Subscribes to `bytes$` as a channel does: once, and at once. */
export function watch({ bytes$ }: Transport): Watch {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let onChunk = () => {};
  let onOver: (ending: unknown) => void = () => {};
  const over = new Promise<unknown>(resolve => {
    onOver = resolve;
  });
  bytes$.subscribe({
    next: chunk => {
      chunks.push(Uint8Array.from(chunk)); // it is only lent
      length += chunk.byteLength;
      onChunk();
    },
    error: onOver,
    complete: () => onOver('complete'),
  });
  const bytes = () => Buffer.concat(chunks);
  return { bytes, text: () => bytes().toString(), until, over };

  function until(wanted: number): Promise<void> {
    return new Promise(resolve => {
      onChunk = () => {
        if (length >= wanted) resolve();
      };
      onChunk();
    });
  }
}

/** Writes, and waits until it is taken. */
export function written(transport: Transport, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    post(transport, bytes, error => (error ? reject(error) : resolve()));
  });
}

/** Writes again and again, until one fails. */
export async function writeForEver(transport: Transport): Promise<never> {
  for (;;) await written(transport, Buffer.from('anyone there?'));
}

/** Sends the n-th byte against the stream: what was on its way to `from` by then has had the time to arrive. */
export async function roundOf(from: Transport, to: Watch, n: number): Promise<void> {
  await written(from, Buffer.from('.'));
  await to.until(n);
}

/** Writes, and calls back once the batch is taken, whether that was at once or later. */
export function post(transport: Transport, batch: Uint8Array, taken: Taken): void {
  if (transport.write(batch, taken)) process.nextTick(taken);
}
