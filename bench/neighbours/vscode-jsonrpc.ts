// vscode-jsonrpc: notifications on a child's standard input and output, as its README sets it up. Waiting for the promise
// of each is what makes it fast: without, it is half as fast.
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Sides } from '../contender.js';
import { type End, oneListener } from '../ends.js';
import { loadPackage } from '../packages.js';

interface JsonRpc {
  readonly StreamMessageReader: new (from: Readable) => object;
  readonly StreamMessageWriter: new (to: Writable) => object;
  readonly NotificationType: new (method: string) => object;
  createMessageConnection(reader: object, writer: object): Connection;
}
interface Connection {
  sendNotification(type: object, message: unknown): Promise<void>;
  onNotification(type: object, listener: (message: unknown) => void): unknown;
  listen(): void;
  dispose(): void;
}

export function vscodeJsonrpc(): Sides {
  return {
    start: (module, args) => {
      const command = [fileURLToPath(module), ...args];
      const child = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'] });
      return connectionEnd(child.stdout, child.stdin, () => void child.kill());
    },
    inChild: () => connectionEnd(process.stdin, process.stdout, () => {}),
  };
}

async function connectionEnd(from: Readable, to: Writable, afterwards: () => void): Promise<End> {
  const rpc = await loadPackage<JsonRpc>('vscode-jsonrpc/node');
  const reader = new rpc.StreamMessageReader(from);
  const connection = rpc.createMessageConnection(reader, new rpc.StreamMessageWriter(to));
  const type = new rpc.NotificationType('message');
  let last: Promise<void> = Promise.resolve();
  return {
    send: message => {
      last = connection.sendNotification(type, message);
      return false;
    },
    ready: () => last,
    onMessage: oneListener(hear => {
      connection.onNotification(type, hear);
      connection.listen();
    }),
    close: () => {
      connection.dispose();
      afterwards();
    },
  };
}
