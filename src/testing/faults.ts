/**
 * What happens to one chunk or one write on its way.
 *
 * - `cut`: it goes through in pieces of `bytes`, each on a turn of the event loop of its own.
 * - `delay`: it goes through `turns` turns of the event loop later.
 * - `stall`: neither it nor anything behind it goes through, until the transport is destroyed.
 * - `error`: its first `bytes` (default 0) go through, then the link breaks with `error`.
 * - `close`: its first `bytes` (default 0) go through, then the peer is gone, as one that died.
 */
export type Fault =
  | { readonly kind: 'pass' }
  | { readonly kind: 'cut'; readonly bytes: number }
  | { readonly kind: 'delay'; readonly turns: number }
  | { readonly kind: 'stall' }
  | Breaking;

/** The faults that end the link. */
export type Breaking =
  | { readonly kind: 'error'; readonly error: Error; readonly bytes?: number }
  | { readonly kind: 'close'; readonly bytes?: number };

/**
 * The faults of one transport: the next one for each chunk that is read, and for each write. Once they are used up,
 * everything passes. Generators may be endless.
 */
export interface FaultScript {
  readonly reads?: Iterable<Fault>;
  readonly writes?: Iterable<Fault>;
}

/** How often a random script does what, in chunks or writes of a hundred. What is left passes. */
export interface FaultRates {
  /** Default 30. */
  readonly cut?: number;
  /** Default 20. */
  readonly delay?: number;
  /** Default 0. */
  readonly stall?: number;
  /** Default 0. */
  readonly error?: number;
  /** Default 0. */
  readonly close?: number;
}

/** The longest delay of a random script, in turns of the event loop. */
const LONGEST_DELAY = 5;
/** The largest piece that a random script cuts, in bytes. */
const LARGEST_PIECE = 4096;

const PASS: Fault = { kind: 'pass' };

/**
 * Endless faults, the same ones for the same seed.
 *
 * @param random gives numbers from 0 to below 1, as {@link seededRandom} does
 * @example
 * const random = seededRandom(42);
 * const script = { reads: randomFaults(random), writes: randomFaults(random, { stall: 1 }) };
 */
export function* randomFaults(
  random: () => number,
  { cut = 30, delay = 20, stall = 0, error = 0, close = 0 }: FaultRates = {},
): Generator<Fault, never> {
  const kinds: readonly (readonly [rate: number, fault: (size: number) => Fault])[] = [
    [cut, size => ({ kind: 'cut', bytes: 1 + Math.floor(size ** 4 * LARGEST_PIECE) })],
    [delay, size => ({ kind: 'delay', turns: 1 + Math.floor(size * LONGEST_DELAY) })],
    [stall, () => ({ kind: 'stall' })],
    [error, size => ({ kind: 'error', error: scripted(), bytes: Math.floor(size * LARGEST_PIECE) })],
    [close, size => ({ kind: 'close', bytes: Math.floor(size * LARGEST_PIECE) })],
  ];
  for (;;) {
    let at = random() * 100;
    const found = kinds.find(([rate]) => {
      at -= rate;
      return at < 0;
    });
    yield found === undefined ? PASS : found[1](random());
  }
}

/**
 * Numbers from 0 to below 1, the same ones for the same seed. (mulberry32, in the public domain.)
 *
 * @example
 * const random = seededRandom(42);
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @internal The next fault; once there is none, everything passes. */
export function nextFault(faults: Iterator<Fault>): Fault {
  const { done, value } = faults.next();
  return done ? PASS : value;
}

/** @internal */
export function* piecesOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** @internal Resolves when the event loop has come round so many times. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await new Promise(resolve => setImmediate(resolve));
}

function scripted(): Error {
  return Object.assign(new Error('the link broke, as the script says'), { code: 'EIO' });
}
