import { isMainThread } from 'node:worker_threads';
import { REGISTERED } from '../channel/message-end.js';
import { takeChannel } from '../transport/channel-env.js';
import { openWhenTouched } from './first-touch.js';
import { openProcessChannel, refuseProcessChannel } from './process-channel.js';

/**
 * Gives this process the channel that its environment announces. A descriptor that cannot be used is a warning, and the
 * process goes on without a channel. A worker thread has none, as in Node.
 *
 * What the environment says is taken, and removed, at once; the channel is loaded and opened when somebody touches it.
 */
export function registerProcess(): void {
  if (!isMainThread) return;
  try {
    const announced = takeChannel(process.env);
    if (announced.codec !== 'json' && announced.codec !== 'v8') throw refuseProcessChannel(announced);
    openWhenTouched(process, exiting => openProcessChannel(announced, exiting));
    Object.defineProperty(process, REGISTERED, { value: true });
  } catch (error) {
    process.emitWarning(error as Error);
  }
}
