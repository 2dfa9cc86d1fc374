import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Address } from '../../src/transport/address.js';
import { connectTransport } from '../../src/transport/connect.js';
import { listenTransports } from '../../src/transport/listen.js';
import { memoryTransports } from '../../src/transport/memory.js';
import { streamTransport } from '../../src/transport/stream-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { type TransportPair, transportContract } from './transport.contract.js';

transportContract('a pair in memory', () => {
  const [left, right] = memoryTransports();
  return { left, right };
});

transportContract('a pair of PassThrough streams', () => {
  const [there, back] = [new PassThrough(), new PassThrough()];
  return { left: streamTransport(back, there), right: streamTransport(there, back) };
});

transportContract('a Unix socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'deka-'));
  const pair = await connectedPair(join(folder, 's'));
  return {
    ...pair,
    dispose: async () => {
      await pair.dispose?.();
      rmSync(folder, { recursive: true });
    },
  };
});

transportContract('a TCP connection', () => connectedPair({ port: 0 }));

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
