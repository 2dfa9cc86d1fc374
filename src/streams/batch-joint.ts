import type { Kept, TextJoint } from '../joint.js';
import type { EnvelopeText, RowsText } from './envelope.js';
import { RowPiece, type RowShape } from './rows.js';

/** What stands around one message, around many, and around rows; the line break is in it. */
export interface BatchTexts {
  readonly one: EnvelopeText;
  readonly many: EnvelopeText;
  readonly rows: RowsText | undefined;
}

/** So many values are text before there are more: one call for them, and the memory stays in the processor's caches. */
const MANY_VALUES = 2560;

/** Fewer, of messages that were sent together, wait for others as well. */
const FEW_VALUES = 512;

/** A copy of it is memory for values that has its size at once: what grows is copied again and again, and is garbage each time. */
const NULLS: readonly unknown[] = Array.from({ length: MANY_VALUES }, () => null);

/**
 * Puts messages into one frame, and rows into another. What is of another kind than the piece before it begins a frame, so
 * a text of both is several lines:
 *
 * ```
 * {"cmd":"DEKA_BATCH","msgs":["a",{"id":1}]}⏎{"cmd":"DEKA_ROWS","keys":["id"],"rows":[2,3]}⏎
 * └── close ────────────────┘└── text ──────────────────────────────────────────────┘└ close
 * ```
 * Where one message is all there is in the first frame, that is the usual one. Values are kept until there are many, or the
 * frame closes, and become JSON at once: so there is no text for each row, which the garbage collector would have to copy
 * meanwhile.
 */
export class BatchJoint implements TextJoint {
  readonly maxLength: number;
  /** Messages in the text. */
  messages = 0;
  kept = 0;
  readonly #texts: BatchTexts;
  #shape: RowShape | undefined; // of the frame that is open, if it is one of rows
  #values: unknown[] = []; // of that frame, and not in its text yet
  #valueCount = 0;
  #hasValues = false; // in its text
  #inWrite = 0; // values that were kept since the last write
  #room = 0; // for values, learnt from the last write
  #inFrame = 0;
  #before: string | undefined; // of the first frame, once another one has begun

  constructor(texts: BatchTexts, maxLength: number) {
    this.#texts = texts;
    this.maxLength = maxLength;
  }

  first(piece: string | Kept, messages: number): string {
    this.#before = undefined;
    this.#begin(piece);
    return this.#add(piece, messages);
  }

  next(piece: string | Kept, messages: number): string {
    const shape = piece instanceof RowPiece ? piece.shape : undefined;
    if (shape !== this.#shape) return this.#nextFrame(piece) + this.#add(piece, messages);
    const text = this.#add(piece, messages);
    return shape === undefined ? `,${text}` : text;
  }

  encodeKept(): string {
    if (this.#valueCount === 0) return '';
    this.#values.length = this.#valueCount;
    const text = this.#textOf(this.#values);
    this.#values = [];
    this.#valueCount = 0;
    this.kept = 0;
    return text;
  }

  close(text: string): string {
    const { before, after } = this.#around;
    return `${this.#before ?? before}${text}${after}`;
  }

  taken(): void {
    this.messages = 0;
    this.#room = Math.min(this.#inWrite * 2, MANY_VALUES);
    this.#inWrite = 0;
  }

  #begin(piece: string | Kept): void {
    this.#shape = piece instanceof RowPiece ? piece.shape : undefined;
    this.#inFrame = 0;
    this.#hasValues = false;
  }

  /** Closes the frame that is open, and begins another. */
  #nextFrame(piece: string | Kept): string {
    const { before, after } = this.#around;
    this.#before ??= before;
    const ended = this.encodeKept() + after;
    this.#begin(piece);
    return ended + this.#around.before;
  }

  #add(piece: string | Kept, messages: number): string {
    this.#inFrame += messages;
    this.messages += messages;
    if (typeof piece === 'string') return piece;
    return piece instanceof RowPiece ? this.#addRows(piece) : '';
  }

  #addRows(rows: RowPiece): string {
    const { values, breaks } = rows;
    if (breaks.length === 0 && values.length <= FEW_VALUES) return this.#keep(rows);
    let text = this.encodeKept();
    let at = 0;
    for (const end of breaks) {
      text += this.#textOf(values.slice(at, end)) + this.#nextFrame(rows);
      at = end;
    }
    return text + this.#textOf(at === 0 ? values : values.slice(at));
  }

  /** Values that are many by now are text. */
  #keep({ values, chars }: RowPiece): string {
    const text = this.#valueCount + values.length > MANY_VALUES ? this.encodeKept() : '';
    if (this.#valueCount === 0) this.#values = NULLS.slice(0, this.#room);
    const kept = this.#values;
    const start = this.#valueCount;
    for (let i = 0; i < values.length; i += 1) kept[start + i] = values[i];
    this.#valueCount = start + values.length;
    this.#inWrite += values.length;
    this.kept += chars;
    return text;
  }

  #textOf(values: readonly unknown[]): string {
    const text = listed(values, this.#hasValues);
    this.#hasValues = true;
    return text;
  }

  get #around(): EnvelopeText {
    const { one, many, rows } = this.#texts;
    if (this.#shape !== undefined) return aroundRows(rows, this.#shape);
    return this.#inFrame === 1 && this.#before === undefined ? one : many;
  }
}

function aroundRows(rows: RowsText | undefined, { keysText }: RowShape): EnvelopeText {
  const { before = '', between = '', after = '' } = rows ?? {};
  return { before: `${before}${keysText}${between}[`, after: `]${after}` };
}

/** As they stand in a list. */
function listed(values: readonly unknown[], behindOthers: boolean): string {
  const text = JSON.stringify(values).slice(1, -1);
  return behindOthers ? `,${text}` : text;
}
