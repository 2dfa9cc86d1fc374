import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TransportPair, transportContract } from '../../src/testing/transport-contract.js';
import type { Address } from '../../src/transport/address.js';
import { connectTransport } from '../../src/transport/connect.js';
import { listenTransports } from '../../src/transport/listen.js';
import { memoryTransports } from '../../src/transport/memory.js';
import { streamTransport } from '../../src/transport/stream-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { holds } from '../support/contract.js';

holds(
  'a pair in memory as a transport',
  transportContract(() => {
    const [left, right] = memoryTransports();
    return { left, right };
  }),
);

holds(
  'a pair of PassThrough streams as a transport',
  transportContract(() => {
    const [there, back] = [new PassThrough(), new PassThrough()];
    return { left: streamTransport(back, there), right: streamTransport(there, back) };
  }),
);

holds(
  'a Unix socket as a transport',
  transportContract(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'deka-'));
    const pair = await connectedPair(join(folder, 's'));
    return {
      ...pair,
      dispose: async () => {
        await pair.dispose?.();
        rmSync(folder, { recursive: true });
      },
    };
  }),
);

holds(
  'a TCP connection as a transport',
  transportContract(() => connectedPair({ port: 0 })),
);

/** Both ends of a connection, the accepted one on the right. */
async function connectedPair(address: Address): Promise<TransportPair> {
  let onAccepted: (transport: Transport) => void = () => {};
  const accepted = new Promise<Transport>(resolve => {
    onAccepted = resolve;
  });
  const listener = await listenTransports(address, transport => onAccepted(transport), 1);
  const left = await connectTransport(listener.address);
  return { left, right: await accepted, dispose: () => listener.close() };
}
