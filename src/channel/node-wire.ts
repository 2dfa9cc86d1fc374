import type { Link, LinkListener } from './link.js';

/**
 * Whether a message is meant for Node itself: an object whose `cmd` begins with `NODE_` and goes on
 * (lib/internal/child_process.js, `isInternal`).
 */
export function isInternal(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false;
  const { cmd } = message as { cmd?: unknown };
  return typeof cmd === 'string' && cmd.length > 'NODE_'.length && cmd.startsWith('NODE_');
}

/**
 * A link to a peer whose runtime sends messages of its own among those of the program: they are answered where Node
 * answers, and not delivered. A handle never comes over this link, so its announcement is refused, which gives it back
 * to the sender.
 */
export function withoutInternal<Out, In>(link: Link<Out, In>): Link<Out, In> {
  const start = link.start.bind(link);
  const end = link.end.bind(link);
  let ended = false;
  const refuse = handleRefusal({
    send: (nack, taken) => (ended ? taken() : link.send(nack as Out, taken)),
    flush: () => link.flush(),
  });
  link.start = listener => start({ ...listener, onMessages: filtered(listener) });
  link.end = () => {
    ended = true;
    end();
  };
  return link;

  function filtered(listener: LinkListener<In>): LinkListener<In>['onMessages'] {
    return (messages, bytes) => {
      if (!messages.some(isInternal)) {
        listener.onMessages(messages, bytes);
        return;
      }
      if (messages.some(isHandle)) refuse();
      listener.onMessages(
        messages.filter(message => !isInternal(message)),
        bytes,
      );
    };
  }
}

/**
 * Refuses the handle that a Node peer has announced. Node announces the next one after the answer, so while one answer
 * waits there is none to refuse: a peer that announces without end and reads nothing fills no queue.
 */
export function handleRefusal({ send, flush }: Refusing): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    // Where maxQueueBytes leaves no room: once more with an empty queue, and what does not fit then never will.
    post(() => void flush().then(() => post(onTaken), onTaken));
  };

  function post(onRefused: () => void): void {
    try {
      send({ cmd: 'NODE_HANDLE_NACK' }, onTaken);
    } catch {
      onRefused();
    }
  }

  function onTaken(): void {
    waiting = false;
  }
}

/** What a refusal goes through. */
interface Refusing {
  send(message: unknown, callback: () => void): unknown;
  flush(): Promise<void>;
}

function isHandle(message: unknown): boolean {
  return (message as { cmd?: unknown } | null)?.cmd === 'NODE_HANDLE';
}
