import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { IpcError } from '../../src/errors.js';
import type { Frame, Framing } from '../../src/streams/framing.js';
import { lines } from '../../src/streams/lines.js';
import { splitFrames } from '../../src/streams/split-frames.js';

type Frames = readonly (Frame | IpcError)[];

function marbles(): TestScheduler {
  return new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
}

/** Frames as they are, errors by their code. */
function named(frames: Frames): readonly Frame[] {
  return frames.map(frame => (frame instanceof IpcError ? frame.code : frame));
}

const chunks = {
  a: Buffer.from('a\n'),
  b: Buffer.from('b\nc\n'),
  h: Buffer.from('half'),
  e: Buffer.from('end\n'),
  l: Buffer.from('long line'),
};

const thrown = new Error('cannot split');

function throwing(): never {
  throw thrown;
}

const atOnce: Framing = { ...lines(), splitter: throwing };
const inPush: Framing = { ...lines(), splitter: () => ({ push: throwing, end: () => undefined }) };
const inEnd: Framing = { ...lines(), splitter: () => ({ push: () => ['x'], end: throwing }) };

describe('splitFrames', () => {
  it('never emits where the source never does', () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-', chunks);

      expectObservable(source$.pipe(splitFrames())).toBe('-');
      expectSubscriptions(source$.subscriptions).toBe('^');
    });
  });

  it('completes with an empty source', () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('--|', chunks).pipe(splitFrames())).toBe('--|');
    });
  });

  it('emits the frames of one chunk', () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('-b-|', chunks).pipe(splitFrames())).toBe('-f-|', { f: ['b', 'c'] });
    });
  });

  it('emits one array per chunk, and nothing for a chunk that completes no frame', () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('-a-h-e-b|', chunks).pipe(splitFrames())).toBe('-f---g-h|', {
        f: ['a'],
        g: ['halfend'],
        h: ['b', 'c'],
      });
    });
  });

  it('passes the error of the source, without a word about the part it has', () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-a-h#', chunks);

      expectObservable(source$.pipe(splitFrames())).toBe('-f--#', { f: ['a'] });
      expectSubscriptions(source$.subscriptions).toBe('^---!');
    });
  });

  it('unsubscribes from the source when it is unsubscribed from', () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-a-a-a|', chunks);

      expectObservable(source$.pipe(splitFrames()), '^--!').toBe('-f--', { f: ['a'] });
      expectSubscriptions(source$.subscriptions).toBe('^--!');
    });
  });

  it('ends with an ERR_DECODE when the source completes inside a frame', () => {
    const seen: unknown[] = [];
    marbles().run(({ cold, flush }) => {
      cold('-a-h-|', chunks)
        .pipe(splitFrames())
        .subscribe({ next: frames => seen.push(named(frames)), complete: () => seen.push('complete') });
      flush();
    });

    expect(seen).toEqual([['a'], ['ERR_DECODE'], 'complete']);
  });

  it('goes on behind a frame over the limit', () => {
    const seen: unknown[] = [];
    marbles().run(({ cold, flush }) => {
      cold('-a-l-e-b|', chunks)
        .pipe(splitFrames(lines(), { maxFrameBytes: 4 }))
        .subscribe(frames => seen.push(named(frames)));
      flush();
    });

    expect(seen).toEqual([['a'], ['ERR_FRAME_TOO_LARGE'], ['b', 'c']]);
  });

  it('uses the framing it is given', () => {
    const whole: Framing = {
      ...lines(),
      splitter: () => ({ push: chunk => [chunk], end: () => undefined }),
    };
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('-h|', chunks).pipe(splitFrames(whole))).toBe('-f|', { f: [chunks.h] });
    });
  });

  it('errors when the framing cannot make a splitter', () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('-a|', chunks).pipe(splitFrames(atOnce))).toBe('#', {}, thrown);
    });
  });

  it('errors when the framing throws at a chunk, and leaves the source', () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-a-a|', chunks);

      expectObservable(source$.pipe(splitFrames(inPush))).toBe('-#', {}, thrown);
      expectSubscriptions(source$.subscriptions).toBe('^!');
    });
  });

  it('errors when the framing throws at the end', () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('-a-|', chunks).pipe(splitFrames(inEnd))).toBe('-x-#', { x: ['x'] }, thrown);
    });
  });

  it('starts each subscription afresh', () => {
    marbles().run(({ cold, expectObservable }) => {
      const frames$ = cold('-e-h|', chunks).pipe(splitFrames(lines(), { maxFrameBytes: 100 }));

      expectObservable(frames$, '^---!').toBe('-f', { f: ['end'] });
      expectObservable(frames$, '-----^---!').toBe('------f', { f: ['end'] });
    });
  });
});
