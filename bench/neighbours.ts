import type { Contender } from './contender.js';
import { forkSides } from './fork.js';

/** Of {@link NEIGHBOURS} and of Node itself. */
export const ON_FORK =
  "Node's own fork, which does not batch: no loss where messages come one at a time or fill a write by themselves";

/** What else there is for the same job. A note says what a neighbour that is ahead does differently. */
export const NEIGHBOURS: readonly Contender[] = [
  neighbour('MessagePort', {
    note: 'a thread of the same process: nothing is written to a socket, and what kills one side kills both',
    sides: async () => (await import('./neighbours/message-port.js')).messagePort(),
  }),
  neighbour('zeromq', {
    tellsToWait: true,
    needs: 'zeromq',
    note: 'native code, which reads and writes on a thread of its own',
    sides: async () => (await import('./neighbours/zeromq.js')).zeromq(),
  }),
  neighbour('vscode-jsonrpc', {
    share: 0.25,
    tellsToWait: true,
    needs: 'vscode-jsonrpc/node',
    note: 'on standard input and output, which the program then cannot use',
    sides: async () => (await import('./neighbours/vscode-jsonrpc.js')).vscodeJsonrpc(),
  }),
  neighbour('execa', {
    share: 0.25,
    needs: 'execa',
    note: ON_FORK,
    sides: async () => (await import('./neighbours/execa.js')).execa(),
  }),
  neighbour('birpc', {
    share: 0.5,
    needs: 'birpc',
    note: ON_FORK,
    sides: async () => (await import('./neighbours/birpc.js')).birpc(),
  }),
  neighbour('node-ipc', {
    share: 0.25,
    needs: '@achrinza/node-ipc',
    note: 'does not tell a sender to wait, and queues without a bound',
    sides: async () => (await import('./neighbours/node-ipc.js')).nodeIpc(),
  }),
  neighbour('Bun fork', {
    runtime: 'bun',
    note: 'both sides run in Bun: another engine, another JSON parser, and a channel in native code',
    sides: async () => forkSides(),
  }),
  neighbour('Deno fork', {
    share: 0.25,
    runtime: 'deno',
    note: 'both sides run in Deno',
    sides: async () => forkSides(),
  }),
];

function neighbour(
  name: string,
  rest: Pick<Contender, 'sides'> & Partial<Contender> & { readonly note: string },
): Contender {
  return { name, family: 'neighbour', manner: 'one by one', tellsToWait: false, notIfQuick: true, ...rest };
}
