import { expect, it } from 'vitest';
import { AnswerPoll } from '../../src/channel/answer-poll.js';

/** A poll whose clock stands still until it is told, in microseconds. */
function answerPoll() {
  let nowMs = 1000;
  let wanted = () => false;
  let polls = 0;
  const poll = new AnswerPoll(
    wants => {
      wanted = wants;
      return () => {
        polls += 1;
      };
    },
    () => nowMs,
  );
  return { ask, answer, wait, exchange, looks: () => wanted(), end: () => poll.end() };

  /** Whether the message that leaves is followed by a look for its answer. */
  function ask(): boolean {
    const before = polls;
    poll.left();
    return polls > before;
  }

  function answer(afterMicros: number): void {
    wait(afterMicros);
    poll.arrived();
  }

  function wait(micros: number): void {
    nowMs += micros / 1000;
  }

  /** How many of so many messages were followed by a look for the answer, which comes after so long. */
  function exchange(messages: number, afterMicros: number): number {
    let looks = 0;
    for (let n = 0; n < messages; n += 1) {
      if (ask()) looks += 1;
      answer(afterMicros);
    }
    return looks;
  }
}

it('lets the first few messages leave as they are, and then looks for answers as long as they come soon', () => {
  const { ask, exchange } = answerPoll();
  expect(exchange(4, 20)).toBe(0);
  expect(exchange(1000, 20)).toBe(1000);
  expect(ask()).toBe(true);
});

it('looks four times for what comes late, and then ever more seldom, though never less than after 256 messages', () => {
  const { exchange } = answerPoll();
  exchange(4, 20);
  const pauses = [4, 8, 16, 32, 64, 128, 256, 256];
  for (const pause of pauses) {
    expect(exchange(4, 190)).toBe(4);
    expect(exchange(pause, 190)).toBe(0);
  }
  expect(exchange(4, 190)).toBe(4);
});

it('takes a message that leaves before the answer to the last one for an answer that is late', () => {
  const { ask, answer } = answerPoll();
  answer(0);
  const looked = Array.from({ length: 16 }, ask);
  expect(looked).toEqual([4, 4, 4, 4].flatMap((count, at) => Array(count).fill(at % 2 === 1)));
});

it('forgives a late answer among those that come soon', () => {
  const { exchange } = answerPoll();
  exchange(4, 20);
  for (let n = 0; n < 20; n += 1) {
    expect(exchange(9, 20)).toBe(9);
    expect(exchange(1, 3000)).toBe(1);
  }
});

it('begins anew with short pauses once an answer has come soon', () => {
  const { exchange } = answerPoll();
  exchange(4 + 4 + 4 + 4 + 8 + 4 + 16, 190);
  expect(exchange(1, 20)).toBe(1);
  exchange(4, 190);
  expect(exchange(4, 190)).toBe(0);
  expect(exchange(1, 190)).toBe(1);
});

it('looks for nothing after a pause: who asks now and then may sleep meanwhile', () => {
  const { ask, answer, wait, exchange } = answerPoll();
  exchange(10, 20);
  for (let n = 0; n < 20; n += 1) {
    wait(151);
    expect(ask()).toBe(false);
    answer(20);
  }
  wait(149);
  expect(ask()).toBe(true);
});

it('looks for nothing where nothing ever comes in', () => {
  const { ask } = answerPoll();
  expect(Array.from({ length: 20 }, ask)).not.toContain(true);
});

it('looks for 0.6 ms, for two where answers come soon, and no longer than until one is there', () => {
  const { ask, answer, wait, exchange, looks } = answerPoll();
  exchange(4, 20);
  ask();
  wait(599);
  expect(looks()).toBe(true);
  wait(2);
  expect(looks()).toBe(false);
  answer(0);
  exchange(10, 20);
  ask();
  wait(1999);
  expect(looks()).toBe(true);
  wait(2);
  expect(looks()).toBe(false);
  ask();
  answer(20);
  expect(looks()).toBe(false);
});

it('is over at once when the channel is, and stays so', () => {
  const { ask, exchange, looks, end } = answerPoll();
  exchange(4, 20);
  ask();
  end();
  expect(looks()).toBe(false);
  expect(exchange(1000, 20)).toBe(0);
});
