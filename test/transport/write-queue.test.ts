import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Joint, type Kept, type Piece as QueuedPiece, sizeOf } from '../../src/joint.js';
import type { Batch, Settle } from '../../src/transport/open-batch.js';
import { FRAME_CHARGE_BYTES, WriteQueue } from '../../src/transport/write-queue.js';

const NEVER_FULL = 1_000_000;

describe('order and bytes', () => {
  it('has nothing to shift when nothing was pushed', () => {
    const queue = new WriteQueue(NEVER_FULL);
    expect(queue.shift()).toBeUndefined();
    expect(queue.empty).toBe(true);
  });

  it('joins text in the order it came', () => {
    expect(textOf(queueOf('one\n', 'two\n', 'three\n'))).toEqual(['one\ntwo\nthree\n']);
  });

  it('joins bytes in the order they came', () => {
    expect(textOf(queueOf(Buffer.from('a'), Buffer.from('b'), Buffer.from('c')))).toEqual(['abc']);
  });

  it('keeps the order of text and bytes that come mixed', () => {
    const queue = queueOf('a', 'b', Buffer.from('c'), 'd', 'e', Buffer.from('f'), 'g');
    expect(textOf(queue)).toEqual(['abcdefg']);
  });

  it.each(['grüße\n', '漢字\n', '👩‍👩‍👧\n', 'ÿ\n', '\u0000\u007f\n'])('writes %j as its UTF-8', text => {
    const queue = queueOf(text);
    expect(dataOf(queue.shift())).toEqual(Buffer.from(text, 'utf8'));
  });

  it('writes multi-byte text before bytes as its UTF-8', () => {
    const queue = queueOf('é', Buffer.from([0, 255]), '漢');
    expect(dataOf(queue.shift())).toEqual(
      Buffer.concat([Buffer.from('é'), Buffer.from([0, 255]), Buffer.from('漢')]),
    );
  });

  it('hands a single piece of bytes on without copying it', () => {
    const piece = Buffer.from('large');
    expect(queueOf(piece).shift()?.data).toBe(piece);
  });
});

describe('counting', () => {
  it('counts bytes, not characters', () => {
    expect(queueOf('é漢👍').bytes).toBe(2 + 3 + 4);
  });

  it('counts text and bytes together', () => {
    expect(queueOf('é', Buffer.from('abc'), '漢').bytes).toBe(2 + 3 + 3);
  });

  it('charges every frame, so that empty ones weigh something', () => {
    const queue = new WriteQueue(NEVER_FULL);
    queue.push('', 3);
    expect(queue.bytes).toBe(0);
    expect(queue.weight).toBe(3 * FRAME_CHARGE_BYTES);
  });

  it('charges the frames of sealed batches as well', () => {
    const queue = new WriteQueue(4);
    queue.push('abcd', 2);
    queue.push('ef', 1);
    expect(queue.weight).toBe(6 + 3 * FRAME_CHARGE_BYTES);
  });

  it('corrects the weight of text to its bytes when its batch is sealed', () => {
    const queue = new WriteQueue(2);
    queue.push('漢字', 1);
    expect(queue.weight).toBe(6 + FRAME_CHARGE_BYTES);
  });

  it('weighs nothing once all is shifted', () => {
    const queue = queueOf('é', Buffer.from('abc'));
    queue.shift();
    expect([queue.bytes, queue.weight, queue.empty, queue.full]).toEqual([0, 0, true, false]);
  });

  it('is not empty with a frame of no bytes in it', () => {
    const queue = queueOf('');
    expect(queue.empty).toBe(false);
    expect(queue.shift()).toMatchObject({ frames: 1, bytes: Buffer.alloc(0) });
  });
});

describe('the time of a batch', () => {
  it('is that of its oldest piece; the clock is read once for each batch', () => {
    const queue = new WriteQueue(2);
    let reads = 0;
    queue.clock = () => {
      reads += 1;
      return reads;
    };
    for (const piece of ['a', 'b', 'c', 'd', 'e']) queue.push(piece, 1);
    expect([queue.shift(), queue.shift(), queue.shift()].map(batch => batch?.pushedAt)).toEqual([1, 2, 3]);
    queue.push('f', 1);
    expect(queue.shift()?.pushedAt).toBe(4);
  });

  it('is not known of what was pushed before there was a clock', () => {
    const queue = new WriteQueue(2);
    queue.push('a', 1);
    queue.clock = () => 1;
    for (const piece of ['b', 'c']) queue.push(piece, 1);
    expect([queue.shift(), queue.shift()].map(batch => batch?.pushedAt)).toEqual([undefined, 1]);
  });
});

describe('sealing', () => {
  it('leaves a batch below maxBatchBytes open', () => {
    const queue = new WriteQueue(4);
    queue.push('abc', 1);
    expect(queue.full).toBe(false);
  });

  it('seals a batch that reaches maxBatchBytes exactly', () => {
    const queue = new WriteQueue(4);
    queue.push('ab', 1);
    queue.push('cd', 1);
    expect(queue.full).toBe(true);
  });

  it('counts bytes of pieces towards maxBatchBytes', () => {
    const queue = new WriteQueue(4);
    queue.push('a', 1);
    queue.push(Buffer.from('bcd'), 1);
    expect(queue.full).toBe(true);
  });

  it('never cuts a piece, however large', () => {
    const queue = new WriteQueue(4);
    queue.push('abc', 1);
    queue.push('defghij', 1);
    queue.push('k', 1);
    expect(textOf(queue)).toEqual(['abcdefghij', 'k']);
  });

  it('stays full while a sealed batch is left', () => {
    const queue = new WriteQueue(1);
    queue.push('a', 1);
    queue.push('b', 1);
    queue.shift();
    expect(queue.full).toBe(true);
    queue.shift();
    expect(queue.full).toBe(false);
  });
});

describe('a joint', () => {
  let inText = 0;
  const brackets: Joint = {
    maxLength: 8,
    kept: 0,
    first: (piece, messages) => {
      inText = messages;
      return piece as string;
    },
    next: (piece, messages) => {
      inText += messages;
      return `,${piece as string}`;
    },
    encodeKept: () => '',
    close: text => `${inText}[${text}]`,
    taken: () => {},
  };

  function joined(...pieces: QueuedPiece[]): WriteQueue {
    const queue = new WriteQueue(NEVER_FULL);
    queue.joint = brackets;
    for (const piece of pieces) queue.push(piece, 1);
    return queue;
  }

  it('puts the texts of a batch together', () => {
    expect(textOf(joined('a', 'b', 'c'))).toEqual(['3[a,b,c]']);
  });

  it('is told how many frames a piece stands for', () => {
    const queue = joined('a');
    queue.push('b,c', 2);
    expect(textOf(queue)).toEqual(['3[a,b,c]']);
  });

  it('leaves bytes and whole texts as they are, and keeps the order', () => {
    const whole = { texts: ['='] };
    expect(textOf(joined('a', 'b', Buffer.from('-'), 'c', whole, 'd'))).toEqual(['2[a,b]-1[c]=1[d]']);
  });

  it('keeps an empty text apart from no text', () => {
    expect(textOf(joined('', ''))).toEqual(['2[,]']);
    expect(textOf(joined(Buffer.from('-')))).toEqual(['-']);
  });

  it('seals a batch whose text has its maximal length', () => {
    const queue = joined('abcd', 'efg');
    expect(queue.full).toBe(true);
    queue.push('h', 1);
    expect(textOf(queue)).toEqual(['2[abcd,efg]', '1[h]']);
  });

  it('leaves what was pushed before it as it was', () => {
    const queue = queueOf('a', 'b');
    queue.joint = brackets;
    queue.push('c', 1);
    expect(textOf(queue)).toEqual(['ab1[c]']);
  });

  it('counts the bytes that it adds', () => {
    const queue = joined('é', 'b');
    expect(queue.bytes).toBe(Buffer.byteLength('2[é,b]'));
    expect(queue.shift()).toMatchObject({ bytes: Buffer.byteLength('2[é,b]'), frames: 2 });
    expect([queue.bytes, queue.weight]).toEqual([0, 0]);
  });
});

describe('a large piece', () => {
  const text = { texts: ['large'] };
  const pieces: [string, QueuedPiece, string][] = [
    ['bytes', Buffer.from('12345'), '12345'],
    ['text', text, 'large'],
  ];

  it.each(pieces)('of %s leaves alone, in its place, from half of maxBatchBytes on', (_, piece, written) => {
    const queue = new WriteQueue(10);
    for (const one of ['a', piece, 'b']) queue.push(one, 1);
    expect(textOf(queue)).toEqual(['a', written, 'b']);
  });

  it.each(pieces)('of %s that is smaller goes with the others', (_, piece, written) => {
    const queue = new WriteQueue(11);
    for (const one of ['a', piece, 'b']) queue.push(one, 1);
    expect(textOf(queue)).toEqual([`a${written}b`]);
  });

  it('of many texts leaves as so many batches, of which the last settles all', () => {
    const queue = new WriteQueue(10);
    queue.push({ texts: ['first', 'other', 'third'] }, 5, noop);
    const all = [queue.shift(), queue.shift(), queue.shift()];
    expect(all.map(batch => dataOf(batch).toString())).toEqual(['first', 'other', 'third']);
    expect(all.map(batch => [batch?.frames, batch?.settles.length])).toEqual([
      [1, 0],
      [1, 0],
      [3, 1],
    ]);
  });

  it('of text is written from memory that is used again once it was released', () => {
    const queue = new WriteQueue(10);
    const [first, second] = [0, 1].map(() => {
      queue.push(text, 1);
      const batch = queue.shift();
      if (batch !== undefined) queue.release(batch);
      return batch?.data as Uint8Array;
    });
    expect(second?.buffer).toBe(first?.buffer);
  });
});

describe('shift', () => {
  it('takes sealed batches before the open one', () => {
    const queue = new WriteQueue(2);
    for (const piece of ['ab', 'cd', 'e']) queue.push(piece, 1);
    expect(textOf(queue)).toEqual(['ab', 'cd', 'e']);
  });

  it('takes an open batch as it stands, and what comes later goes into the next', () => {
    const queue = queueOf('a');
    expect(dataOf(queue.shift()).toString()).toBe('a');
    queue.push('b', 1);
    expect(textOf(queue)).toEqual(['b']);
  });

  it('tells how many frames a batch holds', () => {
    const queue = new WriteQueue(NEVER_FULL);
    queue.push('a\nb\n', 2);
    queue.push('c\n', 1);
    expect(queue.shift()?.frames).toBe(3);
  });

  it('gives each batch the settles of its own frames, in order', () => {
    const queue = new WriteQueue(2);
    const [first, second, third] = [noop(), noop(), noop()];
    queue.push('a', 1, first);
    queue.push('b', 1, second);
    queue.push('c', 1, third);
    queue.push('d', 1);
    expect(queue.shift()?.settles).toEqual([first, second]);
    expect(queue.shift()?.settles).toEqual([third]);
  });

  it('keeps more than 1 024 sealed batches in order while they are taken and added to', () => {
    const queue = new WriteQueue(1);
    const taken: string[] = [];
    for (let n = 0; n < 3000; n += 1) queue.push(`${n},`, 1);
    for (let n = 3000; n < 5000; n += 1) {
      taken.push(dataOf(queue.shift()).toString());
      queue.push(`${n},`, 1);
    }
    taken.push(...textOf(queue));
    expect(taken).toEqual(Array.from({ length: 5000 }, (_, n) => `${n},`));
    expect([queue.empty, queue.bytes, queue.weight]).toEqual([true, 0, 0]);
  });
});

describe('any sequence of push and shift', () => {
  it('agrees with a naive model in every count and every batch', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(operations(), { maxLength: 60 }), (max, ops) => {
        const queue = new WriteQueue(max);
        const model = new Model(max);
        for (const op of ops) {
          if (op === 'shift') expect(shifted(queue)).toEqual(model.shift());
          else for (const target of [queue, model]) target.push(op.piece, op.frames, op.settle);
          expect(countsOf(queue)).toEqual(countsOf(model));
        }
      }),
    );
  });

  it('concatenates to the bytes that went in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(operations(), { maxLength: 60 }), (max, ops) => {
        const queue = new WriteQueue(max);
        const out: Uint8Array[] = [];
        for (const op of ops) {
          if (op === 'shift') out.push(dataOf(queue.shift()));
          else queue.push(op.piece, op.frames, op.settle);
        }
        out.push(...batches(queue));
        expect(Buffer.concat(out)).toEqual(joined(ops.filter(op => op !== 'shift')));
      }),
    );
  });
});

interface Piece {
  readonly piece: Exclude<QueuedPiece, number | Kept>;
  readonly frames: number;
  readonly settle: Settle | undefined;
}

/** The queue as one would write it with no thought of speed: lists of pieces, counted anew each time. */
class Model {
  readonly #maxBatchBytes: number;
  #sealed: Piece[][] = [];
  #open: Piece[] = [];

  constructor(maxBatchBytes: number) {
    this.#maxBatchBytes = maxBatchBytes;
  }

  push(piece: Exclude<QueuedPiece, number | Kept>, frames: number, settle?: Settle): void {
    if (typeof piece !== 'object' || piece instanceof Uint8Array) {
      this.#pushOne(piece, frames, settle);
      return;
    }
    const last = piece.texts.length - 1;
    for (const [at, text] of piece.texts.entries()) {
      if (at < last) this.#pushOne({ texts: [text] }, 1);
      else this.#pushOne({ texts: [text] }, frames - last, settle);
    }
  }

  #pushOne(piece: Exclude<QueuedPiece, number | Kept>, frames: number, settle?: Settle): void {
    const large = typeof piece === 'object' && sizeOf(piece) >= this.#maxBatchBytes / 2;
    if (large) this.#seal();
    this.#open.push({ piece, frames, settle });
    if (large || estimated(this.#open) >= this.#maxBatchBytes) this.#seal();
  }

  #seal(): void {
    if (this.#open.length > 0) this.#sealed.push(this.#open.splice(0));
  }

  shift(): Batch | undefined {
    const pieces = this.#sealed.shift() ?? this.#open.splice(0);
    if (pieces.length === 0) return undefined;
    const settles = pieces.flatMap(({ settle }) => (settle === undefined ? [] : [settle]));
    const data = joined(pieces);
    return { data, bytes: data.length, frames: framesOf(pieces), settles, pushedAt: undefined };
  }

  get bytes(): number {
    return joined([...this.#sealed.flat(), ...this.#open]).length;
  }

  get weight(): number {
    const frames = framesOf([...this.#sealed.flat(), ...this.#open]);
    return joined(this.#sealed.flat()).length + estimated(this.#open) + frames * FRAME_CHARGE_BYTES;
  }

  get empty(): boolean {
    return this.#sealed.length === 0 && this.#open.length === 0;
  }

  get full(): boolean {
    return this.#sealed.length > 0;
  }
}

/** What an open batch is taken to weigh: exact up to the last bytes in it, the text behind them in characters. */
function estimated(open: readonly Piece[]): number {
  const behind = open.findLastIndex(({ piece }) => typeof piece !== 'string') + 1;
  return (
    joined(open.slice(0, behind)).length +
    open.slice(behind).reduce((sum, { piece }) => sum + sizeOf(piece), 0)
  );
}

function joined(pieces: readonly Pick<Piece, 'piece'>[]): Buffer {
  return Buffer.concat(
    pieces.map(({ piece }) =>
      piece instanceof Uint8Array
        ? piece
        : Buffer.from(typeof piece === 'string' ? piece : piece.texts.join('')),
    ),
  );
}

function framesOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { frames }) => sum + frames, 0);
}

function operations(): fc.Arbitrary<'shift' | Piece> {
  const text = fc.string({ unit: 'binary', maxLength: 12 });
  const piece = fc.oneof(
    text,
    fc.string({ unit: 'binary-ascii', maxLength: 12 }),
    fc.uint8Array({ maxLength: 12 }),
    fc.record({ texts: fc.array(text, { minLength: 1, maxLength: 3 }) }),
  );
  const settle = fc.option(fc.constant(null).map(noop), { nil: undefined });
  const push = fc
    .record({ piece, frames: fc.integer({ min: 1, max: 4 }), settle })
    .map(one => ({ ...one, frames: one.frames + leastFrames(one.piece) - 1 }));
  return fc.oneof({ weight: 1, arbitrary: fc.constant('shift' as const) }, { weight: 3, arbitrary: push });
}

function leastFrames(piece: Exclude<QueuedPiece, number | Kept>): number {
  return typeof piece === 'object' && 'texts' in piece ? piece.texts.length : 1;
}

function countsOf({ bytes, weight, empty, full }: WriteQueue | Model) {
  return { bytes, weight, empty, full };
}

/** A batch that can be compared with the model's. */
function shifted(queue: WriteQueue): Batch | undefined {
  const batch = queue.shift();
  return batch && { ...batch, data: dataOf(batch), settles: [...batch.settles] };
}

function queueOf(...pieces: QueuedPiece[]): WriteQueue {
  const queue = new WriteQueue(NEVER_FULL);
  for (const piece of pieces) queue.push(piece, 1);
  return queue;
}

function batches(queue: WriteQueue): Uint8Array[] {
  const taken: Uint8Array[] = [];
  for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) taken.push(dataOf(batch));
  return taken;
}

/** What a batch puts on the wire. */
function dataOf(batch: Batch | undefined): Buffer {
  return Buffer.from(batch?.data ?? '');
}

function textOf(queue: WriteQueue): string[] {
  return batches(queue).map(bytes => Buffer.from(bytes).toString());
}

/** A function of its own each time, so that one can be told from another. */
function noop(): Settle {
  return () => {};
}
