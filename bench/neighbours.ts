import type { Contender } from './contender.js';
import { forkSides } from './fork.js';

/** What else there is for the same job. A note says what a neighbour that is ahead does differently. */
export const NEIGHBOURS: readonly Contender[] = [
  neighbour('MessagePort', {
    note: 'a thread of the same process: nothing is written to a socket, and what kills one side kills both',
    sides: async () => (await import('./neighbours/message-port.js')).messagePort(),
  }),
  neighbour('zeromq', {
    tellsToWait: true,
    needs: 'zeromq',
    note: 'native code, which sends on a thread of its own; drops what is queued when a process exits',
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
    note: "Node's own fork below",
    sides: async () => (await import('./neighbours/execa.js')).execa(),
  }),
  neighbour('birpc', {
    share: 0.5,
    needs: 'birpc',
    note: "Node's own fork below",
    sides: async () => (await import('./neighbours/birpc.js')).birpc(),
  }),
  neighbour('node-ipc', {
    share: 0.25,
    needs: '@achrinza/node-ipc',
    note: 'no queue that a sender could see, and none that is bounded',
    sides: async () => (await import('./neighbours/node-ipc.js')).nodeIpc(),
  }),
  neighbour('Bun fork', {
    runtime: 'bun',
    note: 'both sides run in Bun, with another JSON parser than V8',
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
