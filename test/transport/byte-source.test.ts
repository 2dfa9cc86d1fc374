import { describe, expect, it } from 'vitest';
import { type ByteSink, byteSource } from '../../src/transport/byte-source.js';

describe('a byte source', () => {
  it('tells its subscriber what comes, and the end once', () => {
    const { sink, heard, stopped } = subscribed();
    sink.next(Buffer.from('a'));
    sink.complete();
    sink.complete();
    sink.error(new Error('late'));
    sink.next(Buffer.from('late'));
    expect([heard, stopped()]).toEqual([['a', 'complete'], 1]);
  });

  it('tells of an error once', () => {
    const { sink, heard, stopped } = subscribed();
    sink.error(new Error('broken'));
    sink.error(new Error('late'));
    sink.complete();
    expect([heard, stopped()]).toEqual([['broken'], 1]);
  });

  it('tells nothing to a subscriber that has left, and stops once', () => {
    const { sink, heard, leave, stopped } = subscribed();
    leave();
    leave();
    sink.next(Buffer.from('late'));
    sink.complete();
    expect([heard, stopped()]).toEqual([[], 1]);
  });

  it('stops when it ends before it has begun', () => {
    const { heard, stopped } = subscribed(sink => sink.complete());
    expect([heard, stopped()]).toEqual([['complete'], 1]);
  });

  it('lets a subscriber leave from inside next', () => {
    const { sink, heard, leave, stopped } = subscribed(undefined, () => leave());
    sink.next(Buffer.from('a'));
    sink.next(Buffer.from('b'));
    expect([heard, stopped()]).toEqual([['a'], 1]);
  });

  it('takes a subscriber that wants to hear of nothing', () => {
    let sink: ByteSink | undefined;
    const source = byteSource(of => {
      sink = of;
      return () => {};
    });
    source.subscribe({});
    expect(() => {
      sink?.next(Buffer.from('a'));
      sink?.error(new Error('broken'));
    }).not.toThrow();
  });
});

function subscribed(atStart?: (sink: ByteSink) => void, onNext?: () => void) {
  const heard: string[] = [];
  const sinks: ByteSink[] = [];
  let stops = 0;
  const subscription = byteSource(sink => {
    sinks.push(sink);
    atStart?.(sink);
    return () => {
      stops += 1;
    };
  }).subscribe({
    next: chunk => {
      heard.push(String(chunk));
      onNext?.();
    },
    error: error => heard.push((error as Error).message),
    complete: () => heard.push('complete'),
  });
  const [sink] = sinks;
  if (sink === undefined) throw new Error('nobody was told of the subscriber');
  return { sink, heard, leave: () => subscription.unsubscribe(), stopped: () => stops };
}
