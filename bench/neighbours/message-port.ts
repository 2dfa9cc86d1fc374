// The port that a worker thread has to its parent, and structured clones: its documentation knows no drain, and no batch.
import { parentPort, Worker } from 'node:worker_threads';
import type { Sides } from '../contender.js';
import { type End, oneListener } from '../ends.js';

interface Port {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

export function messagePort(): Sides {
  return {
    start: (module, args) => {
      const worker = new Worker(module, { argv: [...args] });
      return portEnd(worker, () => void worker.terminate());
    },
    inChild: () => {
      const port = parentPort;
      if (port === null) throw new Error('not a worker thread');
      return portEnd(port, () => port.close());
    },
  };
}

function portEnd(port: Port, close: () => void): End {
  return {
    send: message => {
      port.postMessage(message);
      return true;
    },
    ready: async () => {},
    onMessage: oneListener(hear => void port.on('message', hear)),
    close,
  };
}
