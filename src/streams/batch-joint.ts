import type { TextJoint } from '../joint.js';
import type { EnvelopeText, RowsText } from './envelope.js';
import type { RowShape } from './rows.js';

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
 * └── close ────────────────┘└── text ───────────────────────────────────────────────────┘└ close
 * ```
 * Where one message is all there is in the first frame, that is the usual one.
 */
export class BatchJoint implements TextJoint {
  readonly maxLength: number;
  /** What the next piece is: rows of this shape, or messages as they are. Said by who encodes it. */
  next: RowShape | undefined;
  /** Messages in the text. */
  messages = 0;
  readonly #texts: BatchTexts;
  #kind: RowShape | undefined; // of the frame that is open
  #inFrame = 0;
  #before: string | undefined; // of the first frame, once another one has begun

  constructor(texts: BatchTexts, maxLength: number) {
    this.#texts = texts;
    this.maxLength = maxLength;
  }

  first(count: number): string {
    this.#before = undefined;
    this.messages = 0;
    this.#begin(count);
    return '';
  }

  between(count: number): string {
    if (this.next === this.#kind) {
      this.#inFrame += count;
      this.messages += count;
      return ',';
    }
    const { before, after } = this.#around;
    this.#before ??= before;
    this.#begin(count);
    return after + this.#around.before;
  }

  close(text: string): string {
    const { before, after } = this.#around;
    return `${this.#before ?? before}${text}${after}`;
  }

  taken(): void {
    this.messages = 0;
  }

  /** Closes a frame of rows and begins another of the same. */
  nextRows(shape: RowShape): string {
    const { before, after } = aroundRows(this.#texts.rows, shape);
    return after + before;
  }

  #begin(count: number): void {
    this.#kind = this.next;
    this.#inFrame = count;
    this.messages += count;
  }

  get #around(): EnvelopeText {
    const { one, many, rows } = this.#texts;
    if (this.#kind !== undefined) return aroundRows(rows, this.#kind);
    return this.#inFrame === 1 && this.#before === undefined ? one : many;
  }
}

function aroundRows(rows: RowsText | undefined, { keysText }: RowShape): EnvelopeText {
  const { before = '', between = '', after = '' } = rows ?? {};
  return { before: `${before}${keysText}${between}[`, after: `]${after}` };
}
