import { describe, expect, it, onTestFinished } from 'vitest';
import type { Transport } from '../../src/transport/transport.js';
import { post } from '../support/post.js';

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
 * Registers the tests that every {@link Transport} must pass, one's own included.
 *
 * @example
 * transportContract('loopback', () => {
 *   const [left, right] = loopback();
 *   return { left, right };
 * });
 */
export function transportContract(
  name: string,
  makePair: () => TransportPair | Promise<TransportPair>,
): void {
  describe(`${name} as a transport`, () => {
    it('carries every byte, in the order of the writes', async () => {
      const { left, right } = await setUp();
      const atRight = watch(right);
      const pieces = Array.from({ length: 200 }, (_, n) => Buffer.alloc(1 + ((n * 977) % 5000), n));
      for (const piece of pieces) await written(left, piece);
      left.end();
      await atRight.over;
      expect(atRight.bytes().equals(Buffer.concat(pieces))).toBe(true);
    });

    it('carries both directions at a time', async () => {
      const { left, right } = await setUp();
      const [atLeft, atRight] = [watch(left), watch(right)];
      await Promise.all([
        written(left, Buffer.from('to the right')),
        written(right, Buffer.from('to the left')),
      ]);
      left.end();
      right.end();
      await Promise.all([atLeft.over, atRight.over]);
      expect([atLeft.text(), atRight.text()]).toEqual(['to the left', 'to the right']);
    });

    it('carries a write larger than any buffer on the way', async () => {
      const { left, right } = await setUp();
      const atRight = watch(right);
      const bytes = Buffer.alloc(FLOOD_BYTES, 'deka-ipc\n');
      await written(left, bytes);
      left.end();
      await atRight.over;
      expect(atRight.bytes().equals(bytes)).toBe(true);
    });

    it('calls taken exactly once for each write, without an error', async () => {
      const { left, right } = await setUp();
      const atRight = watch(right);
      const taken: unknown[] = [];
      for (let n = 0; n < 50; n += 1) {
        await new Promise<void>(resolve => {
          post(left, Buffer.from('x'), error => resolve(void taken.push(error ?? 'ok')));
        });
      }
      left.end();
      await atRight.over;
      expect(taken).toEqual(Array.from({ length: 50 }, () => 'ok'));
    });

    it('emits nothing while it is paused, and all of it once it is resumed', async () => {
      const { left, right } = await setUp();
      const [atLeft, atRight] = [watch(left), watch(right)];
      right.pause();
      left.write(Buffer.from('held'), () => {});
      for (let n = 1; n <= 3; n += 1) await roundOf(right, atLeft, n);
      expect(atRight.text()).toBe('');
      right.resume();
      await atRight.until(4);
      expect(atRight.text()).toBe('held');
    });

    it('does not take a flood from a peer that is paused, and takes it once that resumes', async () => {
      const { left, right } = await setUp();
      const [atLeft, atRight] = [watch(left), watch(right)];
      right.pause();
      let isTaken = false;
      const flood = written(left, Buffer.alloc(FLOOD_BYTES)).then(() => {
        isTaken = true;
      });
      for (let n = 1; n <= 20; n += 1) await roundOf(right, atLeft, n);
      expect(isTaken).toBe(false);
      right.resume();
      await flood;
      await atRight.until(FLOOD_BYTES);
      expect(atRight.bytes()).toHaveLength(FLOOD_BYTES);
    });

    it('may be paused and resumed any number of times', async () => {
      const { left, right } = await setUp();
      const atRight = watch(right);
      for (const call of ['pause', 'pause', 'resume', 'resume', 'pause', 'resume'] as const) right[call]();
      await written(left, Buffer.from('through'));
      await atRight.until(7);
      expect(atRight.text()).toBe('through');
    });

    it("completes the peer's bytes$ on end, after what was written before", async () => {
      const { left, right } = await setUp();
      const atRight = watch(right);
      left.write(Buffer.from('last'), () => {});
      left.end();
      expect(await atRight.over).toBe('complete');
      expect(atRight.text()).toBe('last');
    });

    it('leaves the other direction open on end', async () => {
      const { left, right } = await setUp();
      const [atLeft, atRight] = [watch(left), watch(right)];
      left.end();
      await atRight.over;
      await written(right, Buffer.from('still'));
      right.end();
      expect(await atLeft.over).toBe('complete');
      expect(atLeft.text()).toBe('still');
    });

    it('completes its own bytes$ on destroy', async () => {
      const { left } = await setUp();
      const atLeft = watch(left);
      left.destroy();
      expect(await atLeft.over).toBe('complete');
    });

    it('errors its own bytes$ on destroy with a reason', async () => {
      const { left } = await setUp();
      const atLeft = watch(left);
      const reason = new Error('enough');
      left.destroy(reason);
      expect(await atLeft.over).toBe(reason);
    });

    it.each([
      [[]],
      [[new Error('again')]],
    ])('may be destroyed twice, the second time with %j', async second => {
      const { left } = await setUp();
      const atLeft = watch(left);
      const reason = new Error('enough');
      left.destroy(reason);
      left.destroy(...second);
      expect(await atLeft.over).toBe(reason);
    });

    it("ends the peer's bytes$ on destroy, one way or the other", async () => {
      const { left, right } = await setUp();
      const atRight = watch(right);
      left.destroy();
      expect(['complete', expect.any(Error)]).toContainEqual(await atRight.over);
    });

    it('lets a write after its own destroy fail', async () => {
      const { left } = await setUp();
      left.destroy();
      await expect(written(left, Buffer.from('late'))).rejects.toThrow();
    });

    it("lets writes after the peer's destroy fail, sooner or later", async () => {
      const { left, right } = await setUp();
      const atLeft = watch(left);
      right.destroy();
      await atLeft.over;
      // The kernel may take some that nobody will ever read.
      await expect(writeForEver(left)).rejects.toThrow();
    });

    it('takes end, pause, resume, ref and unref after destroy for what they are by then: nothing', async () => {
      const { left } = await setUp();
      const atLeft = watch(left);
      left.destroy();
      for (const call of ['end', 'pause', 'resume', 'ref', 'unref'] as const) left[call]();
      expect(await atLeft.over).toBe('complete');
    });
  });

  async function setUp(): Promise<TransportPair> {
    const pair = await makePair();
    onTestFinished(async () => {
      pair.left.destroy();
      pair.right.destroy();
      await pair.dispose?.();
    });
    return pair;
  }
}

interface Watch {
  bytes(): Buffer;
  text(): string;
  /** Resolves once so many bytes have come. */
  until(length: number): Promise<void>;
  /** How it ended: `'complete'`, or the error. */
  readonly over: Promise<unknown>;
}

/** Subscribes to `bytes$` as a channel does: once, and at once. */
function watch({ bytes$ }: Transport): Watch {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let onChunk = () => {};
  let onOver: (ending: unknown) => void = () => {};
  const over = new Promise<unknown>(resolve => {
    onOver = resolve;
  });
  bytes$.subscribe({
    next: chunk => {
      chunks.push(Uint8Array.from(chunk)); // it is only lent
      length += chunk.byteLength;
      onChunk();
    },
    error: onOver,
    complete: () => onOver('complete'),
  });
  const bytes = () => Buffer.concat(chunks);
  return { bytes, text: () => bytes().toString(), until, over };

  function until(wanted: number): Promise<void> {
    return new Promise(resolve => {
      onChunk = () => {
        if (length >= wanted) resolve();
      };
      onChunk();
    });
  }
}

/** Writes, and waits until it is taken. */
function written(transport: Transport, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    post(transport, bytes, error => (error ? reject(error) : resolve()));
  });
}

async function writeForEver(transport: Transport): Promise<never> {
  for (;;) await written(transport, Buffer.from('anyone there?'));
}

/** Sends the n-th byte against the stream: what was on its way to `from` by then has had the time to arrive. */
async function roundOf(from: Transport, to: Watch, n: number): Promise<void> {
  await written(from, Buffer.from('.'));
  await to.until(n);
}
