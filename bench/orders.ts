import type { Contender } from './contender.js';
import { type End, type Listener, windowed } from './ends.js';
import { MESSAGES, type MessageKind, type MessageName, smallMessage } from './messages.js';

/** What the parent tells the child. */
export type Order =
  | { readonly do: 'flood'; readonly count: number; readonly message: MessageName }
  | { readonly do: 'flood bytes'; readonly count: number; readonly bytes: number }
  | { readonly do: 'count' }
  | { readonly do: 'echo' }
  | { readonly do: 'flood and answer' }
  | { readonly do: 'prepare'; readonly megabytes: number };

/** Before so many messages, to a child that counts. */
export interface Expect {
  readonly expect: number;
}

/** Messages between two turns of the event loop of a flood that must also hear. */
const SLICE = 500;

/** Does as it is told, for as long as the process lives. */
export function obey(end: End, who: Contender, order: Order): void {
  switch (order.do) {
    case 'flood':
      void flood(end, who.manner, order.count, MESSAGES[order.message]);
      break;
    case 'flood bytes':
      void floodBytes(end, order.count, new Uint8Array(order.bytes));
      break;
    case 'count':
      end.onMessage(counter(() => end.send('all there')));
      break;
    case 'echo':
      end.onMessage(message => end.send(message));
      break;
    case 'flood and answer':
      void floodAndAnswer(underLoadEnd(who, end), who.manner);
      break;
    case 'prepare': {
      const prepared = records(order.megabytes * 1_000_000);
      end.onMessage(() => end.send(prepared));
      end.send('prepared');
      break;
    }
  }
}

/** Sends `count` messages as fast as the link takes them. */
export async function flood(
  end: End,
  manner: Contender['manner'],
  count: number,
  kind: MessageKind,
): Promise<void> {
  const { make, batch } = kind;
  if (manner === 'one by one') {
    for (let id = 0; id < count; id += 1) {
      if (!end.send(make(id))) await end.ready();
    }
    return;
  }
  for (let id = 0; id < count; id += batch) {
    if (!end.sendMany?.(several(kind, id, Math.min(batch, count - id)))) await end.ready();
  }
}

async function floodBytes(end: End, count: number, bytes: Uint8Array): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    if (!end.send(bytes)) await end.ready();
  }
}

/**
 * The end for requests beside a flood. Where a link tells nobody to wait, its queue and latency grow for as long as the flood
 * lasts: a neighbour gets a window. A fork is left as most programs use it, and is in the window as a contender of its own.
 */
export function underLoadEnd({ tellsToWait, family }: Contender, end: End): End {
  return tellsToWait || family !== 'neighbour' ? end : windowed(end);
}

/** Floods until told to stop, and answers each request as soon as it is heard. */
async function floodAndAnswer(link: End, manner: Contender['manner']): Promise<void> {
  let isFlooding = true;
  link.onMessage(message => {
    if (message === 'stop') isFlooding = false;
    else link.send({ answer: (message as { readonly request: number }).request });
  });
  while (isFlooding) {
    await flood(link, manner, SLICE, MESSAGES.small);
    await new Promise(setImmediate);
  }
  link.send('stopped');
}

function several({ make }: MessageKind, first: number, count: number): object[] {
  const messages: object[] = [];
  for (let id = first; id < first + count; id += 1) messages.push(make(id));
  return messages;
}

/** Calls `onLast` with the last of so many messages as were announced. */
function counter(onLast: () => void): Listener {
  let missing = 0;
  return message => {
    const { expect } = message as Partial<Expect>;
    if (expect !== undefined) {
      missing = expect;
      return;
    }
    missing -= 1;
    if (missing === 0) onLast();
  };
}

/** So many small records that their JSON text has about that many bytes. */
function records(bytes: number): object[] {
  const each = JSON.stringify(smallMessage(500_000)).length + 1;
  return Array.from({ length: Math.ceil(bytes / each) }, (_, id) => smallMessage(500_000 + id));
}
