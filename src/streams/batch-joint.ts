import type { Kept, TextJoint } from '../joint.js';
import type { EnvelopeText, RowsText } from './envelope.js';
import { RowPiece, type RowShape } from './rows.js';

/** What stands around one message, around many, and around rows; the line break is in it. */
export interface BatchTexts {
  readonly one: EnvelopeText;
  readonly many: EnvelopeText;
  readonly rows: RowsText | undefined;
}

/**
 * Puts messages into one frame, and rows into another. What is of another kind than the piece before it begins a frame, so
 * a text of both is several lines:
 *
 * ```
 * {"cmd":"DEKA_BATCH","msgs":["a",{"id":1}]}⏎{"cmd":"DEKA_ROWS","keys":["id"],"rows":[2,3]}⏎
 * └── close ────────────────┘└── text ──────────────────────────────────────────────┘└ close
 * ```
 * Where one message is all there is in the first frame, that is the usual one. The values of the frame that is open are
 * kept, and become JSON at once when it closes: 3 500 values in one call, and no text for each of them that the garbage
 * collector has to copy meanwhile.
 */
export class BatchJoint implements TextJoint {
  readonly maxLength: number;
  /** Messages in the text. */
  messages = 0;
  kept = 0;
  readonly #texts: BatchTexts;
  #shape: RowShape | undefined; // of the frame that is open, if it is one of rows
  #values: unknown[] = []; // in that frame
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

  close(text: string): string {
    const { before, after } = this.#around;
    return `${this.#before ?? before}${text}${after}`;
  }

  taken(): void {
    this.messages = 0;
    this.#keepNothing();
  }

  #begin(piece: string | Kept): void {
    this.#shape = piece instanceof RowPiece ? piece.shape : undefined;
    this.#inFrame = 0;
    this.#keepNothing();
  }

  #keepNothing(): void {
    this.kept = 0;
    if (this.#values.length > 0) this.#values = [];
  }

  /** Closes the frame that is open, and begins another. */
  #nextFrame(piece: string | Kept): string {
    const { before, after } = this.#around;
    this.#before ??= before;
    this.#begin(piece);
    return after + this.#around.before;
  }

  #add(piece: string | Kept, messages: number): string {
    this.#inFrame += messages;
    this.messages += messages;
    if (typeof piece === 'string') return piece;
    return piece instanceof RowPiece ? this.#keep(piece) : '';
  }

  /** Rows for several frames leave all but the last as text. */
  #keep(rows: RowPiece): string {
    const { values, chars, breaks, lent } = rows;
    if (!lent && breaks.length === 0 && this.#values.length === 0) {
      this.#values = values;
      this.kept = chars;
      return '';
    }
    let text = '';
    let at = 0;
    for (const end of breaks) {
      for (; at < end; at += 1) this.#values.push(values[at]);
      text += this.#nextFrame(rows);
    }
    this.kept += Math.ceil((chars * (values.length - at)) / values.length);
    for (; at < values.length; at += 1) this.#values.push(values[at]);
    return text;
  }

  get #around(): EnvelopeText {
    const { one, many, rows } = this.#texts;
    if (this.#shape !== undefined) return aroundRows(rows, this.#shape, this.#values);
    return this.#inFrame === 1 && this.#before === undefined ? one : many;
  }
}

/** With the values behind them. */
function aroundRows(
  rows: RowsText | undefined,
  { keysText }: RowShape,
  values: readonly unknown[],
): EnvelopeText {
  const { before = '', between = '', after = '' } = rows ?? {};
  return { before: `${before}${keysText}${between}`, after: `${JSON.stringify(values)}${after}` };
}
