import { describe, expect, it } from 'vitest';
import { Reader } from '../../src/transport/reading-turns.js';
import { BYTES_PER_TURN } from '../../src/transport/turn-budget.js';

describe('a reader', () => {
  it('reads its share of a turn, then rests until the next one', async () => {
    const { reader, went } = reading('a');
    expect(reader.read(BYTES_PER_TURN - 1)).toBe(true);
    expect([reader.read(1), reader.resting, went]).toEqual([false, true, []]);
    await turn();
    expect([reader.resting, went]).toEqual([false, ['a']]);
    reader.leave();
  });

  it('rests for nobody who reads less than that', async () => {
    const { reader, went } = reading('a');
    for (let n = 0; n < 10; n += 1) {
      expect(reader.read(BYTES_PER_TURN - 1)).toBe(true);
      await turn();
    }
    expect(went).toEqual([]);
    reader.leave();
  });
});

describe('readers that rest', () => {
  it('go on one behind another, one in each turn', async () => {
    const went: string[] = [];
    const all = ['a', 'b', 'c'].map(name => reading(name, went, BYTES_PER_TURN).reader);
    for (const reader of all) reader.read(BYTES_PER_TURN);
    const perTurn: number[] = [];
    for (let n = 0; n < 9; n += 1) {
      const before = went.length;
      await turn();
      perTurn.push(went.length - before);
    }
    expect(went.join('')).toBe('abcabcabc');
    expect(new Set(perTurn)).toEqual(new Set([1]));
    for (const reader of all) reader.leave();
  });

  it('do not wait for one that has no more', async () => {
    const went: string[] = [];
    const all = [reading('a', went, 0), reading('b', went, BYTES_PER_TURN)].map(({ reader }) => reader);
    for (const reader of all) reader.read(BYTES_PER_TURN);
    for (let n = 0; n < 12; n += 1) await turn();
    expect(went.slice(0, 4)).toEqual(['a', 'b', 'b', 'b']);
    for (const reader of all) reader.leave();
  });

  it('do not wait for ever for one that reads a little in each turn', async () => {
    const { reader: slow } = reading('slow');
    const { reader: other, went } = reading('other');
    slow.read(BYTES_PER_TURN);
    other.read(BYTES_PER_TURN);
    for (let n = 0; n < 5; n += 1) {
      await turn();
      slow.read(BYTES_PER_TURN / 2 - 1);
    }
    expect([slow.resting, went]).toEqual([false, ['other']]);
    for (const reader of [slow, other]) reader.leave();
  });

  it('do not wait for one that has left', async () => {
    const { reader: first } = reading('first');
    const { reader: other, went } = reading('other');
    first.read(BYTES_PER_TURN);
    other.read(BYTES_PER_TURN);
    await turn();
    first.leave();
    expect(went).toEqual(['other']);
    other.leave();
  });

  it('are not in line if they keep nothing alive, for the line does', async () => {
    const went: string[] = [];
    const { reader: current } = reading('current', went);
    const { reader: unref } = reading('unref', went, 0, false);
    for (const reader of [current, unref]) reader.read(BYTES_PER_TURN);
    await turn();
    expect([went, unref.resting]).toEqual([['current', 'unref'], false]);
    for (const reader of [current, unref]) reader.leave();
  });

  it('do not come back once they have left', async () => {
    const { reader: gone, went } = reading('gone');
    gone.read(BYTES_PER_TURN);
    gone.leave();
    for (let n = 0; n < 3; n += 1) await turn();
    expect([gone.resting, went]).toEqual([false, []]);
  });

  it('are forgotten once they have left', async () => {
    const { reader: first } = reading('first');
    const { reader: left, went } = reading('left');
    first.read(BYTES_PER_TURN);
    left.read(BYTES_PER_TURN);
    await turn();
    left.leave();
    first.leave();
    for (let n = 0; n < 3; n += 1) await turn();
    expect(went).toEqual([]);
  });
});

/** A reader that reads so much as soon as it may go on, and what went on. */
function reading(name: string, went: string[] = [], bytes = 0, keepsAlive = true) {
  const reader = new Reader(
    () => {
      went.push(name);
      if (bytes > 0) setImmediate(() => !hasLeft && reader.read(bytes)); // what the poll brings
    },
    () => keepsAlive,
  );
  const leave = reader.leave.bind(reader);
  let hasLeft = false;
  reader.leave = () => {
    hasLeft = true;
    leave();
  };
  return { reader, went };
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
