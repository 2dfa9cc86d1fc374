import assert from 'node:assert/strict';
import { IpcError } from '../errors.js';
import { DEFAULT_MAX_FRAME_BYTES, type Frame, type Framing } from '../streams/framing.js';
import type { ContractCase } from './contract-case.js';
import { bytesOf, cuts, noise } from './cuts.js';
import { readAll } from './read-all.js';

/** What {@link framingContract} is to know of a framing. */
export interface FramingContractOptions {
  /** Frames that it carries. Default: a few texts, from empty to 300 characters. */
  readonly frames?: readonly Frame[];
  /** Whether the frame behind one that is too long is found again. Default true. */
  readonly resumes?: boolean;
}

const FRAMES: readonly Frame[] = ['one', '', '{"n":2}', 'drei: ü🌍', 'x'.repeat(200), 'last'];

/** What came of a wire: each frame as its bytes in latin1, each error as its code. */
interface Outcome {
  readonly items: readonly string[];
  readonly end: string | undefined;
}

/**
 * What every {@link Framing} must keep, one's own included: the frames that went in come out, however the bytes are cut;
 * nothing of a chunk is kept; what is wrong is an `IpcError` in its place and never a throw (`ERR_FRAME_TOO_LARGE`,
 * `ERR_DECODE` for an end inside a frame, `ERR_FRAMING_LOST`), but for `join`, which throws `ERR_ENCODE`; limits are kept.
 *
 * @param make a framing, made anew for each case
 * @example
 * import { test } from 'node:test';
 * import { framingContract } from 'deka-ipc/testing';
 * for (const { name, run } of framingContract(() => lines())) test(name, run);
 */
export function framingContract(make: () => Framing, options: FramingContractOptions = {}): ContractCase[] {
  const { frames = FRAMES, resumes = true } = options;
  const wireOf = (some: readonly Frame[]) => Buffer.concat(some.map(frame => bytesOf(make().join(frame))));
  const whole = frames.map(frame => bytesOf(frame).toString('latin1'));

  return [
    { name: 'has a name, and frames of the kind it says', run: saysWhatItIs },
    { name: 'gives each frame back, in order, however the bytes are cut', run: givesFramesBack },
    { name: 'keeps nothing of a chunk', run: keepsNoChunk },
    { name: 'finds a chunk that was read into its room', run: findsRoom },
    { name: 'gives each direction a splitter of its own', run: splitsApart },
    { name: 'reports a link that ends inside a frame, once', run: reportsCutOff },
    { name: 'carries a frame or refuses it with ERR_ENCODE, and never changes it', run: carriesOrRefuses },
    { name: 'drops a frame that is too long, and no other', run: keepsLimit },
    { name: 'gives a frame of 16 MiB that comes in small chunks', run: carriesLongFrame },
    { name: 'makes of any bytes frames and IpcErrors, the same ones however they are cut', run: standsNoise },
  ];

  function saysWhatItIs(): void {
    const { name, kind } = make();
    assert.match(name, /\S/);
    assert.ok(kind === 'text' || kind === 'binary', `kind is ${kind}`);
    const type = kind === 'text' ? 'string' : 'object';
    for (const frame of make().splitter(limits()).push(wireOf(frames))) assert.equal(typeof frame, type);
  }

  function givesFramesBack(): void {
    for (const chunks of cuts(wireOf(frames))) {
      assert.deepEqual(outcome(make(), chunks), { items: whole, end: undefined });
    }
  }

  function keepsNoChunk(): void {
    const splitter = make().splitter(limits());
    const found: (Frame | IpcError)[] = [];
    const memory = Buffer.alloc(10);
    const wire = wireOf(frames);
    for (let at = 0; at < wire.length; at += memory.length) {
      const length = wire.copy(memory, 0, at, at + memory.length);
      found.push(...splitter.push(memory.subarray(0, length)));
      memory.fill(0x21);
    }
    assert.deepEqual(found.map(shown), whole);
  }

  function findsRoom(): void {
    const long = [100_000, 0, 20_000, 300_000].map(length => 'x'.repeat(length));
    const wires = [...long, ...frames, ...long].map(
      frame => joinedOrRefused(make(), frame) ?? Buffer.alloc(0),
    );
    const wire = Buffer.concat(wires);
    const expected = outcome(make(), [wire]).items;
    for (const most of [7, 1000, 70_000, wire.length]) {
      const splitter = make().splitter(limits());
      assert.deepEqual(readAll(splitter, wire, () => most).map(shown), expected);
      assert.equal(splitter.end(), undefined);
    }
  }

  function splitsApart(): void {
    const framing = make();
    const [first, second] = [framing.splitter(limits()), framing.splitter(limits())];
    const wire = wireOf(frames);
    const middle = wire.length >> 1;
    const found = [...first.push(wire.subarray(0, middle))];
    assert.deepEqual(second.push(wire).map(shown), whole);
    found.push(...first.push(wire.subarray(middle)));
    assert.deepEqual(found.map(shown), whole);
  }

  function reportsCutOff(): void {
    const longest = longestOf(frames);
    const wire = wireOf([longest]);
    for (let length = 1; length < wire.length; length += 1) {
      const splitter = make().splitter(limits());
      assert.deepEqual(splitter.push(wire.subarray(0, length)), []);
      assert.equal(splitter.end()?.code, 'ERR_DECODE', `after ${length} bytes of ${wire.length}`);
      assert.equal(splitter.end(), undefined);
    }
  }

  function carriesOrRefuses(): void {
    const awkward = [
      '',
      '\n',
      'a\nb',
      '\r\n\r\n',
      '\0',
      '"',
      'é',
      '\ud800',
      ...whole,
      noise(100, 1),
      Buffer.of(0xff),
    ];
    for (const frame of awkward) {
      const joined = joinedOrRefused(make(), frame);
      if (joined === undefined) continue;
      assert.deepEqual(outcome(make(), [joined]).items, [bytesOf(frame).toString('latin1')]);
    }
  }

  function keepsLimit(): void {
    const longest = longestOf(frames);
    const limit = bytesOf(longest).length;
    const short = frames.filter(frame => bytesOf(frame).length < limit);
    const others = short.map(frame => bytesOf(frame).toString('latin1'));
    const wire = wireOf([...short, longest, ...short]);
    assert.equal(outcome(make(), [wire], limit).items.length, 2 * short.length + 1);
    for (const chunks of cuts(wire)) {
      const { items } = outcome(make(), chunks, limit - 1);
      const [lost, ...behind] = items.slice(others.length);
      assert.deepEqual(items.slice(0, others.length), others);
      assert.ok(lost === 'ERR_FRAME_TOO_LARGE' || (!resumes && lost === 'ERR_FRAMING_LOST'), `it is ${lost}`);
      assert.deepEqual(behind, resumes ? others : []);
    }
  }

  function carriesLongFrame(): void {
    const long = 'x'.repeat(16 * 1024 * 1024);
    const wire = joinedOrRefused(make(), long);
    if (wire === undefined) return; // its header cannot count so far
    const chunks = Array.from({ length: Math.ceil(wire.length / 4096) }, (_, n) =>
      wire.subarray(n * 4096, (n + 1) * 4096),
    );
    const { items, end } = outcome(make(), chunks);
    assert.deepEqual([items.length, items[0]?.length, end], [1, long.length, undefined]);
  }

  function standsNoise(): void {
    for (let seed = 1; seed <= 20; seed += 1) {
      const wire = Buffer.concat([wireOf(frames.slice(0, 1)), noise(seed * 10, seed), wireOf(frames)]);
      const expected = outcome(make(), [wire], 100);
      for (const chunks of cuts(wire)) assert.deepEqual(outcome(make(), chunks, 100), expected);
    }
  }
}

function limits(maxFrameBytes = DEFAULT_MAX_FRAME_BYTES): { maxFrameBytes: number } {
  return { maxFrameBytes };
}

function outcome(framing: Framing, chunks: readonly Uint8Array[], maxFrameBytes?: number): Outcome {
  const splitter = framing.splitter(limits(maxFrameBytes));
  const items = chunks.flatMap(chunk => splitter.push(chunk).map(shown));
  return { items, end: splitter.end()?.code };
}

function shown(item: Frame | IpcError): string {
  return item instanceof IpcError ? item.code : bytesOf(item).toString('latin1');
}

function joinedOrRefused(framing: Framing, frame: Frame): Buffer | undefined {
  try {
    return bytesOf(framing.join(frame));
  } catch (thrown) {
    assert.ok(thrown instanceof IpcError && thrown.code === 'ERR_ENCODE', `it threw ${thrown}`);
    return undefined;
  }
}

function longestOf(frames: readonly Frame[]): Frame {
  return frames.reduce(
    (longest, frame) => (bytesOf(frame).length > bytesOf(longest).length ? frame : longest),
    '',
  );
}
