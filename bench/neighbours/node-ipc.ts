// node-ipc on a Unix socket: the parent serves, the child connects, both emit.
//
// The fork @achrinza/node-ipc, pinned to one version: node-ipc itself was published with code that overwrote files of
// its users (10.1.1, 10.1.2) and with a package of protest (9.2.2, 11.0.0 and later).
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sides } from '../contender.js';
import { type End, oneListener } from '../ends.js';
import { STDIO } from '../fork.js';
import { loadPackage } from '../packages.js';

interface NodeIpc {
  readonly config: { id: string; silent: boolean; unlink: boolean };
  serve(path: string, onStart: () => void): void;
  readonly server: Emitter & { start(): void; stop(): void };
  connectTo(id: string, path: string, onReady: () => void): void;
  readonly of: Readonly<Record<string, Emitter>>;
  disconnect(id: string): void;
}
interface Emitter {
  on(event: string, listener: (data: unknown, socket: object) => void): void;
  emit(...args: readonly unknown[]): void;
}

const PACKAGE = '@achrinza/node-ipc';
const PATH = 'DEKA_BENCH_NODE_IPC';
const PARENT = 'parent';

export function nodeIpc(): Sides {
  return { start: serve, inChild: connect };
}

async function serve(module: URL, args: readonly string[]): Promise<End> {
  const ipc = await quiet();
  const folder = mkdtempSync(join(tmpdir(), 'deka-bench-'));
  const path = join(folder, 'socket');
  await new Promise<void>(resolve => {
    ipc.serve(path, resolve);
    ipc.server.start();
  });
  let peer: object = {};
  const connected = new Promise<void>(resolve => {
    ipc.server.on('connect', socket => {
      peer = socket as object;
      resolve();
    });
  });
  const child = fork(module, args, { env: { ...process.env, [PATH]: path }, stdio: [...STDIO, 'ipc'] });
  await connected;
  return emitterEnd(
    ipc.server,
    message => ipc.server.emit(peer, 'message', message),
    () => {
      ipc.server.stop();
      child.kill();
      rmSync(folder, { recursive: true });
    },
  );
}

async function connect(): Promise<End> {
  const ipc = await quiet();
  await new Promise<void>(resolve => {
    ipc.connectTo(PARENT, process.env[PATH] ?? '', () => ipc.of[PARENT]?.on('connect', () => resolve()));
  });
  const server = ipc.of[PARENT] as Emitter;
  return emitterEnd(
    server,
    message => server.emit('message', message),
    () => ipc.disconnect(PARENT),
  );
}

function emitterEnd(emitter: Emitter, emit: (message: unknown) => void, close: () => void): End {
  return {
    send: message => {
      emit(message);
      return true;
    },
    ready: async () => {},
    onMessage: oneListener(hear => emitter.on('message', hear)),
    close,
  };
}

async function quiet(): Promise<NodeIpc> {
  const ipc = await loadPackage<NodeIpc>(PACKAGE);
  ipc.config.silent = true;
  return ipc;
}
