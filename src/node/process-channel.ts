import { refused } from '../channel/codec-refusal.js';
import { channelOver } from '../channel/open.js';
import { planOf } from '../channel/options.js';
import type { IpcError } from '../errors.js';
import type { Announced } from '../transport/channel-env.js';
import { drainsFromNow } from '../transport/exit-drain.js';
import { inheritedTransport } from '../transport/inherited.js';
import { attachFace, type FaceHooks } from './face.js';
import { stagesOf } from './stages.js';

/**
 * Opens the channel of this process and puts Node's members onto it.
 *
 * @param exiting the listeners of 'exit' are being called already.
 */
export function openProcessChannel(announced: Announced, exiting: boolean): FaceHooks {
  if (exiting) drainsFromNow();
  const { transport, fd, codec, accepts, lane } = inheritedTransport(announced);
  let face: FaceHooks | undefined;
  const plan = planOf(stagesOf(codec === 'v8' ? 'advanced' : 'json', 'deka'), true);
  const channel = channelOver(transport, plan, {
    keepAlive: 'while consumed',
    onPeerEnd: () => face?.peerEnded(),
    peer: accepts,
    lane,
  });
  face = attachFace({ target: process, channel, fd: () => fd, countListeners: true });
  return face;
}

/** Turns down a codec that `process.send` has no words for. @returns what to tell this side. */
export function refuseProcessChannel(announced: Announced): IpcError {
  const inherited = inheritedTransport(announced);
  inherited.lane?.close();
  return refused(inherited, 'json or v8');
}
