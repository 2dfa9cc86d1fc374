import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { type Channel, type ChildChannel, type ForkChannelOptions, fork } from 'deka-ipc';
import { fixture } from './processes.js';

/** A program for a child: it may use only what it is given, and globals. */
export type ChannelProgram = (channel: Channel, ...args: never[]) => unknown;

/** Starts a child with a lane that runs a program with its channel. */
export function forkedProgram(
  program: ChannelProgram,
  options: ForkChannelOptions & { readonly parentOptions?: object } = {},
  ...args: unknown[]
): ChildChannel {
  const { parentOptions = {}, ...own } = options;
  const argv = [String(program), JSON.stringify(parentOptions), JSON.stringify(args)];
  return fork(fixture('channel-run'), argv, { handles: true, ...own });
}

/** A TCP server whose connections are not read from until somebody wants to. */
export class Listening {
  readonly server = createServer({ pauseOnConnect: true });
  readonly #accepted = new Map<number, Socket>();

  static async start(): Promise<Listening> {
    const listening = new Listening();
    listening.server.setMaxListeners(0).listen(0, '127.0.0.1');
    await once(listening.server, 'listening');
    return listening;
  }

  /** Both ends of a new connection. */
  async connection(): Promise<{ readonly client: Socket; readonly accepted: Socket }> {
    const { port } = this.server.address() as { port: number };
    const onConnection = (socket: Socket) => this.#accepted.set(socket.remotePort ?? 0, socket);
    if (this.server.listenerCount('connection') === 0) this.server.on('connection', onConnection);
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    const own = client.localPort ?? 0;
    while (!this.#accepted.has(own)) await once(this.server, 'connection');
    const accepted = this.#accepted.get(own) as Socket;
    this.#accepted.delete(own);
    return { client, accepted };
  }

  connections(count: number): Promise<Awaited<ReturnType<Listening['connection']>>[]> {
    return Promise.all(Array.from({ length: count }, () => this.connection()));
  }

  close(): void {
    this.server.close();
  }
}

/** All that comes from a socket until its end. */
export async function textOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

/** How many descriptors a process has open. */
export function openDescriptors(pid: number | 'self' = 'self'): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Does nothing else until a child of this process has exited: what it sent last is here then, together with its end. */
export function untilDead(pid: number): void {
  while (!execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z'));
}

/** A promise of what a callback of `send` is told. */
export function told(): {
  readonly callback: (error: Error | null) => void;
  readonly result: Promise<Error | null>;
} {
  let settle: (error: Error | null) => void = () => {};
  const result = new Promise<Error | null>(resolve => {
    settle = resolve;
  });
  return { callback: error => settle(error), result };
}

/** Whether a socket still has its connection: its address would be remembered. */
export function isHere(socket: Socket): boolean {
  return (socket as { _handle?: unknown })._handle !== null;
}
