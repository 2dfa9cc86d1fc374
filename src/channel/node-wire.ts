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
  link.start = listener => start(filtered(link, listener));
  return link;
}

function filtered<Out, In>(link: Link<Out, In>, listener: LinkListener<In>): LinkListener<In> {
  return { ...listener, onMessages };

  function onMessages(messages: readonly In[], bytes: number): void {
    if (messages.some(isInternal)) {
      for (const message of messages) refuseHandle(link, message);
      listener.onMessages(
        messages.filter(message => !isInternal(message)),
        bytes,
      );
    } else {
      listener.onMessages(messages, bytes);
    }
  }
}

function refuseHandle<Out, In>(link: Link<Out, In>, message: In): void {
  if ((message as { cmd?: unknown } | null)?.cmd === 'NODE_HANDLE')
    link.send({ cmd: 'NODE_HANDLE_NACK' } as Out);
}
