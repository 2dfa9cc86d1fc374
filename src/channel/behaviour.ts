import type { KeepAlive, Polling } from './references.js';

/** How a channel behaves, whatever link it stands on. */
export interface Behaviour {
  readonly keepAlive: KeepAlive;
  readonly closeTimeoutMs: number;
  readonly allowHalfOpen: boolean;
  readonly onBadFrame: 'skip' | 'close';
  readonly busyPoll: Polling;
  readonly signal: AbortSignal | undefined;
  readonly onPeerEnd: (() => void) | undefined;
}
