// Bytes on the pipes that children have anyway: a net.Socket on either side, nothing in between.
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Sides } from './contender.js';
import { type End, oneListener } from './ends.js';
import { STDIO } from './fork.js';

const DESCRIPTOR = STDIO.length;

export function rawPipe(): Sides {
  return {
    start: (module, args) => {
      const command = [fileURLToPath(module), ...args];
      const child = spawn(process.execPath, command, { stdio: [...STDIO, 'pipe'] });
      return socketEnd(child.stdio[DESCRIPTOR] as Socket);
    },
    inChild: () => socketEnd(new Socket({ fd: DESCRIPTOR })),
  };
}

function socketEnd(socket: Socket): End {
  return {
    send: bytes => socket.write(bytes as Uint8Array),
    ready: () => new Promise(resolve => socket.once('drain', resolve)),
    onMessage: oneListener(hear => void socket.on('data', hear)),
    close: () => socket.destroy(),
  };
}
