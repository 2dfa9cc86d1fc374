import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  FlushPolicy,
  PROMPT_WRITES,
  WRITES_PER_TURN,
  type Written,
} from '../../src/transport/flush-policy.js';

describe('idle', () => {
  it('waits for the end of the tick when a batch is not full', () => {
    const { policy, counts } = counted();
    policy.pushed(false);
    expect(counts.writes).toBe(0);
  });

  it('writes at once when a batch is full', () => {
    const { policy, counts } = counted();
    policy.pushed(true);
    expect(counts.writes).toBe(1);
  });

  it('writes nothing when nothing is pushed', async () => {
    const { counts } = counted();
    await turn();
    expect(counts.writes).toBe(0);
  });
});

describe('a policy that is prompt', () => {
  it('writes the first few of a tick at once, each by itself, and the others together at its end', async () => {
    const { policy, counts } = prompt('nothing');
    for (let n = 1; n < 10; n += 1) {
      policy.pushed(false);
      expect(counts.writes).toBe(Math.min(n, PROMPT_WRITES));
    }
    await endOfTick();
    expect(counts.writes).toBe(PROMPT_WRITES + 1);
    policy.pushed(false);
    expect(counts.writes).toBe(PROMPT_WRITES + 2);
  });

  it('writes nothing while a write is under way', async () => {
    const { policy, counts } = prompt('under way');
    policy.pushed(false);
    policy.pushed(false);
    await endOfTick();
    expect(counts.writes).toBe(1);
  });
});

describe('scheduled', () => {
  it('writes at the end of the tick, before any timer or I/O', async () => {
    const { policy, counts } = counted();
    policy.pushed(false);
    await endOfTick();
    expect(counts.writes).toBe(1);
  });

  it('writes many pushes of one tick once', async () => {
    const { policy, counts } = counted();
    for (let n = 0; n < 1000; n += 1) policy.pushed(false);
    await turn();
    expect(counts.writes).toBe(1);
  });

  it('writes pushes with awaits between them once', async () => {
    const { policy, counts } = counted();
    await Promise.resolve(); // from here on all is microtasks of one tick, whatever the test was started by
    for (let n = 0; n < 100; n += 1) {
      policy.pushed(false);
      await Promise.resolve();
    }
    expect(counts.writes).toBe(0);
    await endOfTick();
    expect(counts.writes).toBe(1);
  });

  it('does not wait for the end of the tick once a batch is full', () => {
    const { policy, counts } = counted();
    policy.pushed(false);
    policy.pushed(true);
    expect(counts.writes).toBe(1);
  });
});

describe('writing', () => {
  it('lets pushes wait for the write under way', async () => {
    const { policy, counts } = counted();
    policy.pushed(true);
    policy.pushed(false);
    await turn();
    expect(counts.writes).toBe(1);
  });

  it('lets full batches wait for the write under way', () => {
    const { policy, counts } = counted();
    policy.pushed(true);
    policy.pushed(true);
    expect(counts.writes).toBe(1);
  });

  it('does nothing at the end of a tick in which a full batch left already', async () => {
    const { policy, counts } = counted();
    policy.pushed(false);
    policy.pushed(true);
    await turn();
    expect(counts.writes).toBe(1);
  });

  it('writes the next batch at once when one is taken and more waits', () => {
    const { policy, counts } = counted();
    policy.pushed(true);
    policy.taken(true);
    expect(counts.writes).toBe(2);
  });

  it('is idle again when a batch is taken and nothing waits', async () => {
    const { policy, counts } = counted();
    policy.pushed(true);
    policy.taken(false);
    policy.pushed(false);
    expect(counts.writes).toBe(1);
    await endOfTick();
    expect(counts.writes).toBe(2);
  });
});

describe('yielding', () => {
  it('stops after as many writes as one turn may have', () => {
    const { policy, counts } = counted();
    spend(policy);
    policy.taken(true);
    expect(counts.writes).toBe(WRITES_PER_TURN);
  });

  it('goes on by itself in the next turn', async () => {
    const { policy, counts } = counted();
    spend(policy);
    policy.taken(true);
    await turn();
    expect(counts.writes).toBe(WRITES_PER_TURN + 1);
  });

  it('has as many writes again in the next turn', async () => {
    const { policy, counts } = counted();
    spend(policy);
    policy.taken(true);
    await turn();
    for (let n = 0; n < 2 * WRITES_PER_TURN && counts.writes > n; n += 1) policy.taken(true);
    expect(counts.writes).toBe(2 * WRITES_PER_TURN);
  });

  it('lets pushes wait for the next turn, which makes one write for them all', async () => {
    const { policy, counts } = counted();
    spend(policy);
    policy.taken(true);
    policy.pushed(false);
    policy.pushed(false);
    await endOfTick();
    expect(counts.writes).toBe(WRITES_PER_TURN);
    await turn();
    expect(counts.writes).toBe(WRITES_PER_TURN + 1);
  });

  it('writes one batch for each full one that is pushed, however long the loop that pushes them', () => {
    const { policy, counts } = takenAtOnce();
    policy.pushed(true);
    expect(counts.writes).toBe(WRITES_PER_TURN);
    for (let n = 0; n < 3 * WRITES_PER_TURN; n += 1) policy.pushed(true);
    expect(counts.writes).toBe(4 * WRITES_PER_TURN);
  });

  it('writes the next batch too when a push finds that the one under way is taken', () => {
    const { policy, counts } = counted({ retried: 'more' });
    spend(policy);
    policy.pushed(true);
    expect(counts.writes).toBe(WRITES_PER_TURN + 1);
  });

  it('holds back the end of a tick too once the turn has had its writes', async () => {
    const { policy, counts } = counted();
    spend(policy);
    policy.taken(false);
    policy.pushed(false);
    await endOfTick();
    expect(counts.writes).toBe(WRITES_PER_TURN);
    await turn();
    expect(counts.writes).toBe(WRITES_PER_TURN + 1);
  });

  it('gives the loop its turn although every write is taken at once and more always waits', async () => {
    const { policy, counts } = takenAtOnce();
    policy.pushed(true);
    expect(counts.writes).toBe(WRITES_PER_TURN);
    await turn();
    expect(counts.writes).toBe(2 * WRITES_PER_TURN);
  });

  it('is idle again after a write that was taken at once and left nothing', () => {
    let writes = 0;
    const policy = new FlushPolicy(() => {
      writes += 1;
      return 'nothing';
    });
    policy.pushed(true);
    policy.pushed(true);
    expect(writes).toBe(2);
  });

  it('gives timers their turn although more always waits', async () => {
    let stopped = false;
    let writes = 0;
    const policy = new FlushPolicy(() => {
      writes += 1;
      if (!stopped && writes < 1_000_000) process.nextTick(() => policy.taken(true));
      return 'under way';
    });
    policy.pushed(true);
    await new Promise<void>(resolve => setTimeout(resolve, 1));
    stopped = true;
    expect(writes).toBeLessThan(1_000_000);
  });
});

/** A policy whose writes are counted and taken only when the test says so, or when a push tries again. */
function counted({ retried = 'under way' }: { retried?: Written } = {}) {
  return countedWrites('under way', retried);
}

/** A policy whose every write is taken at once, and behind it there is always more. */
function takenAtOnce() {
  return countedWrites('more', 'under way');
}

function prompt(written: Written) {
  return countedWrites(written, 'under way', true);
}

function countedWrites(written: Written, retried: Written, isPrompt = false) {
  const counts = { writes: 0 };
  const policy = new FlushPolicy(
    () => {
      counts.writes += 1;
      return written;
    },
    () => retried,
    isPrompt,
  );
  return { policy, counts };
}

/** Uses up the writes of a turn; the last one is under way. */
function spend(policy: FlushPolicy): void {
  policy.pushed(true);
  for (let n = 1; n < WRITES_PER_TURN; n += 1) policy.taken(true);
}

/** Behind every nextTick that is queued now, and before anything else. */
function endOfTick(): Promise<void> {
  return new Promise(resolve => process.nextTick(resolve));
}
