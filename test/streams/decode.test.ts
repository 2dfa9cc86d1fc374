import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { IpcError } from '../../src/errors.js';
import type { Codec } from '../../src/streams/codec.js';
import { decode } from '../../src/streams/decode.js';
import type { Frame } from '../../src/streams/framing.js';
import { json } from '../../src/streams/json.js';

type Frames = readonly (Frame | IpcError)[];

function marbles(): TestScheduler {
  return new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
}

const dropped = new IpcError('ERR_FRAME_TOO_LARGE', 'dropped by the splitter');

const frames = {
  a: ['1'],
  b: ['"two"', '[3]'],
  n: [],
  w: ['1', 'oops', '2'],
  d: ['1', dropped, '2'],
} satisfies Record<string, Frames>;

const thrown = new Error('cannot decode');

function throwing(): never {
  throw thrown;
}

/** A codec made of one function. */
function codecOf(decodeOne: (frame: Frame) => unknown): Codec<never> {
  return { ...json<never>(), create: () => ({ encode: String, decode: decodeOne }) };
}

/** Numbers the frames it has decoded. */
const counting: Codec<never> = {
  ...json<never>(),
  create: () => {
    let count = 0;
    return {
      encode: String,
      decode: () => {
        count += 1;
        return count;
      },
    };
  },
};

/** What the first array of frames becomes. */
function decoded(from: Frames, codec?: Codec<never>): readonly unknown[] {
  let result: readonly unknown[] = [];
  marbles().run(({ cold, flush }) => {
    cold('f|', { f: from })
      .pipe(decode(codec))
      .subscribe(values => {
        result = values;
      });
    flush();
  });
  return result;
}

describe('decode', () => {
  it('never emits where the source never does', () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-', frames);

      expectObservable(source$.pipe(decode())).toBe('-');
      expectSubscriptions(source$.subscriptions).toBe('^');
    });
  });

  it('completes with an empty source', () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('--|', frames).pipe(decode())).toBe('--|');
    });
  });

  it('decodes one array', () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('-b-|', frames).pipe(decode())).toBe('-v-|', { v: ['two', [3]] });
    });
  });

  it('decodes many arrays, one for one, empty ones too', () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('-a-n-b|', frames).pipe(decode())).toBe('-v-n-w|', {
        v: [1],
        n: [],
        w: ['two', [3]],
      });
    });
  });

  it('passes the error of the source', () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-a-#', frames);

      expectObservable(source$.pipe(decode())).toBe('-v-#', { v: [1] });
      expectSubscriptions(source$.subscriptions).toBe('^--!');
    });
  });

  it('unsubscribes from the source when it is unsubscribed from', () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-a-a-a|', frames);

      expectObservable(source$.pipe(decode()), '^--!').toBe('-v', { v: [1] });
      expectSubscriptions(source$.subscriptions).toBe('^--!');
    });
  });

  it('puts an ERR_DECODE in the place of a frame that is broken', () => {
    const [before, broken, after] = decoded(frames.w);

    expect([before, after]).toEqual([1, 2]);
    expect(broken).toBeInstanceOf(IpcError);
    expect(broken).toHaveProperty('code', 'ERR_DECODE');
  });

  it('puts an ERR_DECODE in the place of a frame at which the codec throws', () => {
    const [value] = decoded(['x'], codecOf(throwing));

    expect(value).toMatchObject({ code: 'ERR_DECODE', cause: thrown });
  });

  it('passes an IpcError from before, without decoding it', () => {
    const seen: Frame[] = [];
    const values = decoded(
      frames.d,
      codecOf(frame => {
        seen.push(frame);
        return frame;
      }),
    );

    expect(values[1]).toBe(dropped);
    expect(seen).toEqual(['1', '2']);
  });

  it('errors when the codec cannot make a coder', () => {
    marbles().run(({ cold, expectObservable }) => {
      const broken: Codec<never> = { ...json<never>(), create: throwing };

      expectObservable(cold('-a|', frames).pipe(decode(broken))).toBe('#', {}, thrown);
    });
  });

  it('errors for a source that does not emit arrays, and leaves it', () => {
    const source = { x: { map: throwing } as unknown as Frames };
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-x-x|', source);

      expectObservable(source$.pipe(decode())).toBe('-#', {}, thrown);
      expectSubscriptions(source$.subscriptions).toBe('^!');
    });
  });

  it('starts each subscription with a fresh coder', () => {
    marbles().run(({ cold, expectObservable }) => {
      const values$ = cold('-b-a|', frames).pipe(decode(counting));

      expectObservable(values$).toBe('-v-w|', { v: [1, 2], w: [3] });
      expectObservable(values$, '------^').toBe('-------v-w|', { v: [1, 2], w: [3] });
    });
  });

  it('uses one coder for the whole of a subscription', () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('aa|', frames).pipe(decode(counting))).toBe('vw|', { v: [1], w: [2] });
    });
  });
});
