import { IpcError } from '../errors.js';
import { refusal } from '../streams/refusal.js';
import type { Inherited } from '../transport/inherited.js';

/**
 * Turns the parent's codec down: tells the parent, and lets go of the channel without a message of it read.
 *
 * @returns what to tell this side.
 */
export function refused({ transport, codec, fd }: Inherited, own: string): IpcError {
  // The first line there is, so the kernel takes it at once, and this side may throw and exit. What the parent has sent
  // is read, or its end would see a reset instead of the line.
  transport.write(refusal(own), () => {});
  transport.bytes$.subscribe({ error: () => {}, complete: () => transport.destroy() });
  transport.unref();
  transport.end();
  return new IpcError(
    'ERR_CODEC_MISMATCH',
    `The parent writes ${JSON.stringify(codec)} at descriptor ${fd}, this side would read ${own}; nothing was read. ` +
      'Give parent() the same codec as fork() or spawn() got.',
  );
}
