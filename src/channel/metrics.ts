import { Observable } from '../rx.js';
import type { Channel, ChannelMetrics, Flow } from './channel.js';
import { onClosed } from './on-closed.js';
import { LONGEST_TIMEOUT_MS } from './options.js';
import { DelayWindow, type QueueDelaySummary } from './queue-delay.js';

/** A {@link ChannelMetrics} with what happened per second since the one before. */
export interface MetricsSample extends ChannelMetrics {
  readonly rates: { readonly sent: Flow; readonly received: Flow };
  /**
   * How long what was written since the sample before had waited, in nanoseconds. Undefined until `channel.queueDelay()` has
   * been called, and when nothing was written.
   */
  readonly queueDelayNs: QueueDelaySummary | undefined;
}

/**
 * Samples `channel.metrics()` every `everyMs` milliseconds (default 1 000) until the channel has ended, with a last
 * sample then. The timer does not keep the process alive. Once `channel.queueDelay()` has been called, samples have the
 * delays as well.
 *
 * @example
 * metrics$(channel).subscribe(({ rates }) => console.log(`${rates.received.messages} messages/s`));
 */
export function metrics$(channel: Channel<never, unknown>, everyMs = 1000): Observable<MetricsSample> {
  return new Observable<MetricsSample>(subscriber => {
    let previous = channel.metrics();
    let previousAt = performance.now();
    const delays = new DelayWindow();
    const stopWatching = channel.watchQueueDelay?.(delays.add);
    const timer = setInterval(sample, Math.min(everyMs, LONGEST_TIMEOUT_MS));
    timer.unref();
    const stopListening = onClosed(channel, finish);
    return () => {
      stopListening();
      clearInterval(timer);
      stopWatching?.();
    };

    function sample(): void {
      const now = channel.metrics();
      const at = performance.now();
      const seconds = Math.max(at - previousAt, 1) / 1000;
      const rates = {
        sent: rate(previous.sent, now.sent, seconds),
        received: rate(previous.received, now.received, seconds),
      };
      previous = now;
      previousAt = at;
      subscriber.next({ ...now, rates, queueDelayNs: delays.take() });
    }

    function finish(): void {
      sample();
      subscriber.complete();
    }
  });
}

function rate(before: Flow, after: Flow, seconds: number): Flow {
  return {
    messages: (after.messages - before.messages) / seconds,
    bytes: (after.bytes - before.bytes) / seconds,
  };
}
