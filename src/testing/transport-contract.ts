import assert from 'node:assert/strict';
import type { Transport } from '../transport/transport.js';
import type { ContractCase } from './contract-case.js';
import { post, roundOf, watch, writeForEver, written } from './watch.js';

/** Two transports, each the other's peer. */
export interface TransportPair {
  readonly left: Transport;
  readonly right: Transport;
  /** Lets go of what stands behind the pair, after the transports were destroyed. */
  dispose?(): void | Promise<void>;
}

/** More than any kernel keeps for a reader that rests. */
const FLOOD_BYTES = 64 * 1024 * 1024;

/**
 * What every {@link Transport} must keep, one's own included: every byte arrives, in order, in both directions; a peer
 * that rests is not flooded; each write is answered once; ends and failures come as the contract says.
 *
 * @param makePair two ends that are connected, made anew for each case
 * @example
 * import { test } from 'node:test';
 * import { memoryTransports, transportContract } from 'deka-ipc/testing';
 * const makePair = () => {
 *   const [left, right] = memoryTransports();
 *   return { left, right };
 * };
 * for (const { name, run } of transportContract(makePair)) test(name, run);
 */
export function transportContract(makePair: () => TransportPair | Promise<TransportPair>): ContractCase[] {
  return CASES.map(([name, body]) => ({ name, run: () => runCase(makePair, body) }));
}

type Body = (pair: TransportPair) => Promise<void>;

async function runCase(makePair: () => TransportPair | Promise<TransportPair>, body: Body): Promise<void> {
  const pair = await makePair();
  try {
    await body(pair);
  } finally {
    pair.left.destroy();
    pair.right.destroy();
    await pair.dispose?.();
  }
}

const CASES: readonly (readonly [name: string, body: Body])[] = [
  [
    'carries every byte, in the order of the writes',
    async ({ left, right }) => {
      const atRight = watch(right);
      const pieces = Array.from({ length: 200 }, (_, n) => Buffer.alloc(1 + ((n * 977) % 5000), n));
      for (const piece of pieces) await written(left, piece);
      left.end();
      await atRight.over;
      assert.ok(atRight.bytes().equals(Buffer.concat(pieces)));
    },
  ],

  [
    'carries both directions at a time',
    async ({ left, right }) => {
      const [atLeft, atRight] = [watch(left), watch(right)];
      await Promise.all([
        written(left, Buffer.from('to the right')),
        written(right, Buffer.from('to the left')),
      ]);
      left.end();
      right.end();
      await Promise.all([atLeft.over, atRight.over]);
      assert.deepEqual([atLeft.text(), atRight.text()], ['to the left', 'to the right']);
    },
  ],

  [
    'carries a write larger than any buffer on the way',
    async ({ left, right }) => {
      const atRight = watch(right);
      const bytes = Buffer.alloc(FLOOD_BYTES, 'deka-ipc\n');
      await written(left, bytes);
      left.end();
      await atRight.over;
      assert.ok(atRight.bytes().equals(bytes));
    },
  ],

  [
    'calls taken exactly once for each write, without an error',
    async ({ left, right }) => {
      const atRight = watch(right);
      const taken: unknown[] = [];
      for (let n = 0; n < 50; n += 1) {
        await new Promise<void>(resolve => {
          post(left, Buffer.from('x'), error => resolve(void taken.push(error ?? 'ok')));
        });
      }
      left.end();
      await atRight.over;
      assert.deepEqual(
        taken,
        Array.from({ length: 50 }, () => 'ok'),
      );
    },
  ],

  [
    'emits nothing while it is paused, and all of it once it is resumed',
    async ({ left, right }) => {
      const [atLeft, atRight] = [watch(left), watch(right)];
      right.pause();
      left.write(Buffer.from('held'), () => {});
      for (let n = 1; n <= 3; n += 1) await roundOf(right, atLeft, n);
      assert.equal(atRight.text(), '');
      right.resume();
      await atRight.until(4);
      assert.equal(atRight.text(), 'held');
    },
  ],

  [
    'does not take a flood from a peer that is paused, and takes it once that resumes',
    async ({ left, right }) => {
      const [atLeft, atRight] = [watch(left), watch(right)];
      right.pause();
      let isTaken = false;
      const flood = written(left, Buffer.alloc(FLOOD_BYTES)).then(() => {
        isTaken = true;
      });
      for (let n = 1; n <= 20; n += 1) await roundOf(right, atLeft, n);
      assert.equal(isTaken, false);
      right.resume();
      await flood;
      await atRight.until(FLOOD_BYTES);
      assert.equal(atRight.bytes().length, FLOOD_BYTES);
    },
  ],

  [
    'may be paused and resumed any number of times',
    async ({ left, right }) => {
      const atRight = watch(right);
      for (const call of ['pause', 'pause', 'resume', 'resume', 'pause', 'resume'] as const) right[call]();
      await written(left, Buffer.from('through'));
      await atRight.until(7);
      assert.equal(atRight.text(), 'through');
    },
  ],

  [
    "completes the peer's bytes$ on end, after what was written before",
    async ({ left, right }) => {
      const atRight = watch(right);
      left.write(Buffer.from('last'), () => {});
      left.end();
      assert.equal(await atRight.over, 'complete');
      assert.equal(atRight.text(), 'last');
    },
  ],

  [
    'leaves the other direction open on end',
    async ({ left, right }) => {
      const [atLeft, atRight] = [watch(left), watch(right)];
      left.end();
      await atRight.over;
      await written(right, Buffer.from('still'));
      right.end();
      assert.equal(await atLeft.over, 'complete');
      assert.equal(atLeft.text(), 'still');
    },
  ],

  [
    'completes its own bytes$ on destroy',
    async ({ left }) => {
      const atLeft = watch(left);
      left.destroy();
      assert.equal(await atLeft.over, 'complete');
    },
  ],

  [
    'errors its own bytes$ on destroy with a reason',
    async ({ left }) => {
      const atLeft = watch(left);
      const reason = new Error('enough');
      left.destroy(reason);
      assert.equal(await atLeft.over, reason);
    },
  ],

  [
    'may be destroyed twice, the second time for another reason or none',
    async ({ left }) => {
      const atLeft = watch(left);
      const reason = new Error('enough');
      left.destroy(reason);
      left.destroy();
      left.destroy(new Error('again'));
      assert.equal(await atLeft.over, reason);
    },
  ],

  [
    "ends the peer's bytes$ on destroy, one way or the other",
    async ({ left, right }) => {
      const atRight = watch(right);
      left.destroy();
      const ending = await atRight.over;
      assert.ok(ending === 'complete' || ending instanceof Error, `it ended with ${ending}`);
    },
  ],

  [
    'lets a write after its own destroy fail',
    async ({ left }) => {
      left.destroy();
      await assert.rejects(written(left, Buffer.from('late')));
    },
  ],

  [
    "lets writes after the peer's destroy fail, sooner or later",
    async ({ left, right }) => {
      const atLeft = watch(left);
      right.destroy();
      await atLeft.over;
      // The kernel may take some that nobody will ever read.
      await assert.rejects(writeForEver(left));
    },
  ],

  [
    'takes end, pause, resume, ref and unref after destroy for what they are by then: nothing',
    async ({ left }) => {
      const atLeft = watch(left);
      left.destroy();
      for (const call of ['end', 'pause', 'resume', 'ref', 'unref'] as const) left[call]();
      assert.equal(await atLeft.over, 'complete');
    },
  ],
];
