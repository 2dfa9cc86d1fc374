import type { Kept, TextJoint } from '../joint.js';
import type { EnvelopeText, RowsText } from './envelope.js';
import { MANY_VALUES, RowMemory } from './row-memory.js';
import { RowPiece, type RowShape } from './rows.js';

/** What stands around one message, around many, and around rows; the line break is in it. */
export interface BatchTexts {
  readonly one: EnvelopeText;
  readonly many: EnvelopeText;
  readonly rows: RowsText | undefined;
}

/** Fewer, of messages that were sent together, wait for others as well. */
const FEW_VALUES = 512;

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
  /** The values of the frame that is open, if it is one of rows, which are not in its text yet. */
  readonly memory = new RowMemory();
  readonly #texts: BatchTexts;
  #shape: RowShape | undefined; // of the frame that is open, if it is one of rows
  #hasValues = false; // in its text
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

  /** @param width of a row behind what is kept that is not in yet: it stays in the memory. */
  encodeKept(width = 0): string {
    const values = this.memory.take(width);
    this.kept = 0;
    return values.length === 0 ? '' : this.#textOf(values);
  }

  close(text: string): string {
    const { before, after } = this.#around;
    return `${this.#before ?? before}${text}${after}`;
  }

  taken(): void {
    this.messages = 0;
    this.memory.written();
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
    const isOneRow = piece instanceof RowPiece && piece.values === undefined;
    const ended = this.encodeKept(isOneRow ? piece.shape.width : 0) + after;
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
    const { values, breaks, chars } = rows;
    if (values === undefined) return this.#addRow(rows.shape.width, chars);
    if (breaks.length === 0 && values.length <= FEW_VALUES && !this.memory.lent)
      return this.#keep(rows, values);
    let text = this.encodeKept();
    let at = 0;
    for (const end of breaks) {
      text += this.#textOf(values.slice(at, end)) + this.#nextFrame(rows);
      at = end;
    }
    return text + this.#textOf(at === 0 ? values : values.slice(at));
  }

  #addRow(width: number, chars: number): string {
    const { memory } = this;
    memory.add(width);
    this.kept += chars;
    return memory.count + width > MANY_VALUES ? this.encodeKept() : '';
  }

  /** Values that are many by now are text. */
  #keep({ shape, chars }: RowPiece, values: readonly unknown[]): string {
    const text = this.memory.count + values.length > MANY_VALUES ? this.encodeKept() : '';
    this.memory.addAll(values, shape.width);
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
