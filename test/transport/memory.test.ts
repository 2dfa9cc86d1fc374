import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { memoryTransports } from '../../src/transport/memory.js';
import type { Transport } from '../../src/transport/transport.js';

describe('delivery', () => {
  it('keeps the order of the writes', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right);
    for (let n = 0; n < 100; n += 1) write(left, `${n}`);
    left.end();
    await log.over;
    expect(log.events).toEqual([...Array.from({ length: 100 }, (_, n) => `${n}`), 'complete']);
  });

  it('is never in the tick of the write, and no microtask later either', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right);
    const taken = write(left, 'a');
    await endOfTick();
    expect([log.events, taken]).toEqual([[], []]);
    await turn();
    expect([log.events, taken]).toEqual([['a'], ['ok']]);
  });

  it('brings one write per turn of the event loop', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right);
    write(left, 'a');
    write(left, 'b');
    await turn();
    expect(log.events).toEqual(['a']);
    await turn();
    expect(log.events).toEqual(['a', 'b']);
  });

  it('goes both ways', async () => {
    const [left, right] = memoryTransports();
    const [atLeft, atRight] = [watch(left), watch(right)];
    write(left, 'to the right');
    write(right, 'to the left');
    await turn();
    expect([atLeft.events, atRight.events]).toEqual([['to the left'], ['to the right']]);
  });
});

describe('backpressure', () => {
  it('takes nothing while the other end is paused', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right);
    right.pause();
    const taken = write(left, 'a');
    await turns(5);
    expect([log.events, taken]).toEqual([[], []]);
  });

  it('goes on when the other end resumes', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right);
    right.pause();
    const taken = write(left, 'a');
    await turns(5);
    right.resume();
    await turn();
    expect([log.events, taken]).toEqual([['a'], ['ok']]);
  });

  it('holds what follows the chunk in which the other end paused', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right, () => right.pause());
    const taken = [write(left, 'a'), write(left, 'b')];
    await turns(5);
    expect([log.events, taken]).toEqual([['a'], [['ok'], []]]);
  });

  it('delivers once although resume is called again and again', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right);
    write(left, 'a');
    write(left, 'b');
    for (let n = 0; n < 5; n += 1) right.resume();
    await turn();
    expect(log.events).toEqual(['a']);
  });
});

describe('end', () => {
  it('completes the peer after what was written before it', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right);
    write(left, 'a');
    write(left, 'b');
    left.end();
    await log.over;
    expect(log.events).toEqual(['a', 'b', 'complete']);
  });

  it('completes the peer when nothing was written', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right);
    left.end();
    expect(log.events).toEqual([]);
    await log.over;
    expect(log.events).toEqual(['complete']);
  });

  it('waits behind a pause', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right);
    right.pause();
    left.end();
    await turns(5);
    expect(log.events).toEqual([]);
    right.resume();
    await log.over;
    expect(log.events).toEqual(['complete']);
  });

  it('leaves the other direction open', async () => {
    const [left, right] = memoryTransports();
    const [atLeft, atRight] = [watch(left), watch(right)];
    left.end();
    await atRight.over;
    const taken = write(right, 'still');
    await turn();
    expect([atLeft.events, taken]).toEqual([['still'], ['ok']]);
  });
});

describe('destroy', () => {
  it('completes its own bytes$', () => {
    const [left] = memoryTransports();
    const log = watch(left);
    left.destroy();
    expect(log.events).toEqual(['complete']);
  });

  it('errors its own bytes$ with the reason, once', () => {
    const [left] = memoryTransports();
    const reason = new Error('enough');
    const log = watch(left);
    left.destroy(reason);
    left.destroy(new Error('again'));
    expect(log.events).toEqual([reason]);
  });

  it('completes the peer after what was written before it', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right);
    write(left, 'a');
    left.destroy();
    await log.over;
    expect(log.events).toEqual(['a', 'complete']);
  });

  it('fails what the peer has under way, once and in a later turn', async () => {
    const [left, right] = memoryTransports();
    right.pause();
    const taken = [write(left, 'a'), write(left, 'b')];
    right.destroy();
    expect(taken).toEqual([[], []]);
    await turns(5);
    expect(taken).toEqual([['EPIPE'], ['EPIPE']]);
  });

  it('delivers nothing afterwards', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right);
    write(left, 'a');
    right.destroy();
    await turns(5);
    expect(log.events).toEqual(['complete']);
  });

  it('takes the chunk in which the reader destroys its end once', async () => {
    const [left, right] = memoryTransports();
    const log = watch(right, () => right.destroy());
    const taken = [write(left, 'a'), write(left, 'b')];
    await turns(5);
    expect([log.events, taken]).toEqual([
      ['a', 'complete'],
      [['ok'], ['EPIPE']],
    ]);
  });

  it.each([
    ['to a destroyed peer', 1],
    ['from a destroyed end', 0],
  ] as const)('makes a write %s fail, in a later turn', async (_name, destroyed) => {
    const pair = memoryTransports();
    pair[destroyed].destroy();
    const taken = write(pair[0], 'late');
    expect(taken).toEqual([]);
    await turn();
    expect(taken).toEqual(['EPIPE']);
  });
});

it('has nothing to keep the event loop alive with', () => {
  const [left] = memoryTransports();
  expect(() => left.ref()).not.toThrow();
  expect(() => left.unref()).not.toThrow();
});

/** What `bytes$` said, in order: chunks as text, then `'complete'` or the error. */
function watch(transport: Transport, onChunk: () => void = () => {}) {
  const events: unknown[] = [];
  const over = new Promise<void>(resolve => {
    transport.bytes$.subscribe({
      next: chunk => {
        events.push(Buffer.from(chunk).toString());
        onChunk();
      },
      error: error => resolve(void events.push(error)),
      complete: () => resolve(void events.push('complete')),
    });
  });
  return { events, over };
}

/** Writes, and keeps each call of `taken`: `'ok'`, or the code of the error. */
function write(transport: Transport, text: string): string[] {
  const taken: string[] = [];
  transport.write(Buffer.from(text), error =>
    taken.push(error ? ((error as NodeJS.ErrnoException).code ?? 'no code') : 'ok'),
  );
  return taken;
}

/** Behind every nextTick that is queued now, and every microtask of it. */
function endOfTick(): Promise<void> {
  return new Promise(resolve => process.nextTick(resolve));
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await turn();
}
