import { isMainThread } from 'node:worker_threads';
import { refused } from '../channel/codec-refusal.js';
import { REGISTERED } from '../channel/message-link.js';
import { channelOver } from '../channel/open.js';
import { planOf } from '../channel/options.js';
import { inheritedTransport } from '../transport/inherited.js';
import { attachFace } from './face.js';
import { stagesOf } from './stages.js';

/**
 * Gives this process the channel that its environment announces. A descriptor that cannot be used is a warning, and the
 * process goes on without a channel. A worker thread has none, as in Node.
 */
export function registerProcess(): void {
  if (!isMainThread) return;
  try {
    takeChannel();
  } catch (error) {
    process.emitWarning(error as Error);
  }
}

function takeChannel(): void {
  const inherited = inheritedTransport();
  const { transport, fd, codec, accepts, lane } = inherited;
  if (codec !== 'json' && codec !== 'v8') {
    lane?.close();
    throw refused(inherited, 'json or v8');
  }
  let onPeerEnd = () => {};
  const plan = planOf(stagesOf(codec === 'v8' ? 'advanced' : 'json', 'deka'), true);
  const channel = channelOver(transport, plan, {
    keepAlive: 'while consumed',
    onPeerEnd: () => onPeerEnd(),
    peer: accepts,
    lane,
  });
  onPeerEnd = attachFace({ target: process, channel, fd: () => fd, countListeners: true });
  Object.defineProperty(process, REGISTERED, { value: true });
}
