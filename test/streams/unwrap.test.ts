import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { IpcError } from '../../src/errors.js';
import { bare, type Envelope } from '../../src/streams/envelope.js';
import { unwrap } from '../../src/streams/unwrap.js';

function marbles(): TestScheduler {
  return new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
}

function wrapped(msg: unknown): unknown {
  return { cmd: 'NODE_HANDLE', msg };
}

const failed = new IpcError('ERR_DECODE', 'failed in decode');

const values: Record<string, readonly unknown[]> = {
  a: [wrapped(1)],
  b: [wrapped('two'), wrapped(null)],
  n: [],
};

const thrown = new Error('cannot unwrap');

function throwing(): never {
  throw thrown;
}

/** What the first array of values becomes. */
function unwrapped(from: readonly unknown[], envelope?: Envelope): readonly unknown[] {
  let result: readonly unknown[] = [];
  marbles().run(({ cold, flush }) => {
    cold('v|', { v: from })
      .pipe(unwrap(envelope))
      .subscribe(messages => {
        result = messages;
      });
    flush();
  });
  return result;
}

describe('unwrap', () => {
  it('never emits where the source never does', () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-', values);

      expectObservable(source$.pipe(unwrap())).toBe('-');
      expectSubscriptions(source$.subscriptions).toBe('^');
    });
  });

  it('completes with an empty source', () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('--|', values).pipe(unwrap())).toBe('--|');
    });
  });

  it('unwraps one array', () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('-b-|', values).pipe(unwrap())).toBe('-m-|', { m: ['two', null] });
    });
  });

  it('unwraps many arrays, one for one, empty ones too', () => {
    marbles().run(({ cold, expectObservable }) => {
      expectObservable(cold('-a-n-b|', values).pipe(unwrap())).toBe('-m-n-o|', {
        m: [1],
        n: [],
        o: ['two', null],
      });
    });
  });

  it('passes the error of the source', () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-a-#', values);

      expectObservable(source$.pipe(unwrap())).toBe('-m-#', { m: [1] });
      expectSubscriptions(source$.subscriptions).toBe('^--!');
    });
  });

  it('unsubscribes from the source when it is unsubscribed from', () => {
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-a-a-a|', values);

      expectObservable(source$.pipe(unwrap()), '^--!').toBe('-m', { m: [1] });
      expectSubscriptions(source$.subscriptions).toBe('^--!');
    });
  });

  it('puts an ERR_BAD_ENVELOPE in the place of a value without envelope', () => {
    const [before, bad, after] = unwrapped([wrapped(1), { id: 5 }, wrapped(2)]);

    expect([before, after]).toEqual([1, 2]);
    expect(bad).toBeInstanceOf(IpcError);
    expect(bad).toHaveProperty('code', 'ERR_BAD_ENVELOPE');
  });

  it('puts an ERR_DECODE in the place of a value at which the envelope throws', () => {
    const [value] = unwrapped([1], { ...bare(), unwrap: throwing });

    expect(value).toBeInstanceOf(IpcError);
    expect(value).toMatchObject({ code: 'ERR_DECODE', cause: thrown });
  });

  it('passes an IpcError from before, without unwrapping it', () => {
    expect(unwrapped([failed], { ...bare(), unwrap: throwing })[0]).toBe(failed);
  });

  it('uses the envelope it is given', () => {
    const message = { id: 1 };

    expect(unwrapped([message], bare())[0]).toBe(message);
  });

  it('errors for a source that does not emit arrays, and leaves it', () => {
    const source = { x: { map: throwing } as unknown as readonly unknown[] };
    marbles().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-x-x|', source);

      expectObservable(source$.pipe(unwrap())).toBe('-#', {}, thrown);
      expectSubscriptions(source$.subscriptions).toBe('^!');
    });
  });

  it('serves any number of subscriptions side by side', () => {
    marbles().run(({ cold, expectObservable }) => {
      const messages$ = cold('-a-b|', values).pipe(unwrap());

      expectObservable(messages$).toBe('-m-o|', { m: [1], o: ['two', null] });
      expectObservable(messages$, '--^').toBe('---m-o|', { m: [1], o: ['two', null] });
    });
  });
});
