import { describe, expect, it, vi } from 'vitest';
import { type Fault, type FaultScript, randomFaults, seededRandom } from '../../src/testing/faults.js';
import { faultyTransport } from '../../src/testing/faulty-transport.js';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';
import { transportContract } from '../../src/testing/transport-contract.js';
import { memoryTransports } from '../../src/transport/memory.js';
import { collect, turns } from '../support/collect.js';
import { holds } from '../support/contract.js';

const BROKEN = new Error('as the script says');
const gone = expect.objectContaining({ code: 'EPIPE' });

holds(
  'a transport with cuts and delays',
  transportContract(() => {
    const random = seededRandom(20);
    // No small pieces: the contract floods.
    const [left, right] = memoryTransports().map(transport =>
      faultyTransport(transport, { reads: harmless(random), writes: harmless(random) }),
    );
    if (left === undefined || right === undefined) throw new Error('a pair has two ends');
    return { left, right };
  }),
);

function* harmless(random: () => number): Generator<Fault> {
  for (const fault of randomFaults(random)) {
    yield fault.kind === 'cut' ? { kind: 'cut', bytes: 1024 * 1024 + fault.bytes } : fault;
  }
}

describe('a chunk on its way in', () => {
  it('passes when there is no script, or when it has ended', async () => {
    const { inner, values } = setUp({ reads: [{ kind: 'pass' }] });
    for (const chunk of ['a', 'b', 'c']) inner.receive(chunk);
    await turns();
    expect(textOf(values)).toEqual(['a', 'b', 'c']);
  });

  it('is cut into pieces of so many bytes', async () => {
    const { inner, values } = setUp({ reads: [{ kind: 'cut', bytes: 2 }] });
    inner.receive('abcde');
    await vi.waitFor(() => expect(textOf(values)).toEqual(['ab', 'cd', 'e']));
  });

  it('is delayed, and so is what comes behind it', async () => {
    const { inner, values } = setUp({ reads: [{ kind: 'delay', turns: 5 }] });
    inner.receive('a');
    inner.receive('b');
    await turns(2);
    expect(textOf(values)).toEqual([]);
    await vi.waitFor(() => expect(textOf(values)).toEqual(['a', 'b']));
  });

  it('stalls, with all that comes behind it, and lets the transport be destroyed', async () => {
    const { inner, faulty, values, completed } = setUp({ reads: [{ kind: 'stall' }] });
    inner.receive('a');
    inner.receive('b');
    await turns(10);
    expect(textOf(values)).toEqual([]);
    faulty.destroy();
    expect(await completed).toEqual([]);
  });

  it('breaks the link after so many bytes', async () => {
    const { inner, values, completed } = setUp({ reads: [{ kind: 'error', error: BROKEN, bytes: 2 }] });
    inner.receive('abc');
    await expect(completed).rejects.toBe(BROKEN);
    expect([textOf(values), inner.calls.at(-1)]).toEqual([['ab'], 'destroy']);
  });

  it('is the last one, and the peer is gone', async () => {
    const { inner, completed } = setUp({ reads: [{ kind: 'close', bytes: 1 }] });
    inner.receive('abc');
    expect(textOf(await completed)).toEqual(['a']);
  });

  it('waits while the transport is paused', async () => {
    const { inner, faulty, values } = setUp({ reads: [{ kind: 'cut', bytes: 1 }] });
    inner.receive('ab');
    faulty.pause();
    await turns(10);
    expect(textOf(values)).toEqual(['a']); // was on its way
    faulty.resume();
    await vi.waitFor(() => expect(textOf(values)).toEqual(['a', 'b']));
  });
});

describe('a write', () => {
  it('is cut into pieces of so many bytes, and taken once', async () => {
    const { inner, faulty } = setUp({ writes: [{ kind: 'cut', bytes: 2 }] });
    const taken = vi.fn();
    faulty.write('abcde', taken);
    await vi.waitFor(() => expect(taken).toHaveBeenCalled());
    expect([inner.written, taken.mock.calls]).toEqual([['ab', 'cd', 'e'], [[]]]);
  });

  it('is delayed', async () => {
    const { inner, faulty } = setUp({ writes: [{ kind: 'delay', turns: 5 }] });
    const taken = vi.fn();
    faulty.write('a', taken);
    await turns(2);
    expect(inner.written).toEqual([]);
    await vi.waitFor(() => expect(taken.mock.calls).toEqual([[]]));
    expect(inner.written).toEqual(['a']);
  });

  it('stalls until the transport is destroyed, and then fails', async () => {
    const { inner, faulty } = setUp({ writes: [{ kind: 'stall' }] });
    const taken = vi.fn();
    faulty.write('a', taken);
    await turns(10);
    expect([inner.written, taken.mock.calls]).toEqual([[], []]);
    faulty.destroy();
    await vi.waitFor(() => expect(taken.mock.calls).toEqual([[gone]]));
  });

  it.each<[string, Fault, unknown]>([
    ['an error', { kind: 'error', error: BROKEN, bytes: 2 }, BROKEN],
    ['a peer that dies', { kind: 'close', bytes: 2 }, gone],
  ])('gets half-way at %s, and fails, and so do later ones', async (_what, fault, error) => {
    const { inner, faulty, completed } = setUp({ writes: [fault] });
    const [taken, later] = [vi.fn(), vi.fn()];
    faulty.write('abc', taken);
    await vi.waitFor(() => expect(taken.mock.calls).toEqual([[error]]));
    faulty.write('d', later);
    await vi.waitFor(() => expect(later.mock.calls).toEqual([[gone]]));
    expect(inner.written).toEqual(['ab']);
    expect(await completed.catch(thrown => [thrown])).toEqual(fault.kind === 'error' ? [BROKEN] : []);
  });
});

describe('random faults', () => {
  it('are the same ones for the same seed, and others for another', () => {
    const draw = (seed: number) => {
      const faults = randomFaults(seededRandom(seed), { stall: 5, error: 5, close: 5 });
      return JSON.stringify(Array.from({ length: 100 }, () => faults.next().value));
    };
    expect(draw(1)).toBe(draw(1));
    expect(draw(1)).not.toBe(draw(2));
  });

  it('are of every kind', () => {
    const faults = randomFaults(seededRandom(7), { cut: 15, delay: 15, stall: 15, error: 15, close: 15 });
    const kinds = new Set(Array.from({ length: 200 }, () => faults.next().value.kind));
    expect([...kinds].sort()).toEqual(['close', 'cut', 'delay', 'error', 'pass', 'stall']);
  });
});

function setUp(script: FaultScript) {
  const inner = new ScriptedTransport();
  const faulty = faultyTransport(inner, script);
  const { values, completed } = collect(faulty.bytes$);
  completed.catch(() => {});
  return { inner, faulty, values, completed };
}

function textOf(chunks: readonly Uint8Array[]): string[] {
  return chunks.map(chunk => Buffer.from(chunk).toString());
}
