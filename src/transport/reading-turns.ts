import { BYTES_PER_TURN, TurnBudget } from './turn-budget.js';

/** Who has read less than this in a turn of the event loop has no more to read for now. */
const WORTH_A_TURN_BYTES = 32 * 1024;

/**
 * Whoever reads a flood rests once it has read its share of a turn of the event loop. Those who rest go on one behind
 * another, one in each turn: what else the process has to do waits for one share, not for one of each of 64 children.
 *
 * ```
 * state   | event                                                    | becomes
 * reading | has read its share within a turn of the event loop       | resting
 * resting | that turn is over, and it is nobody else's turn          | reading: it is its turn
 * resting | that turn is over, and it is somebody else's turn        | in line *
 * in line | whose turn it was has had its share, has no more, or left | reading, if it is first: it is its turn
 * ```
 * *: reading, if it does not keep the event loop alive. Who is no flood is never in line.
 */
export class Reader {
  readonly #goOn: () => void;
  readonly #keepsAlive: () => boolean;
  readonly #budget = new TurnBudget(BYTES_PER_TURN, () => this.#onNextTurn());

  /** Whether it is to read nothing until `goOn` is called. */
  resting = false;

  /** Bytes that it has ever read. */
  total = 0;

  /**
   * @param goOn reads on.
   * @param keepsAlive whether the event loop is to go on for it. The line keeps it going: who is not to does not stand in it.
   */
  constructor(goOn: () => void, keepsAlive: () => boolean) {
    this.#goOn = goOn;
    this.#keepsAlive = keepsAlive;
  }

  /** Returns whether to read on now; otherwise `goOn` is called when the time has come. */
  read(bytes: number): boolean {
    this.total += bytes;
    this.#budget.spend(bytes);
    if (this.#budget.spent) this.resting = true;
    return !this.resting;
  }

  /** Reads no more. */
  leave(): void {
    this.resting = false;
    line.leave(this);
  }

  /** @internal */
  goOn(): void {
    this.resting = false;
    this.#goOn();
  }

  #onNextTurn(): void {
    if (!this.resting) return;
    if (this.#keepsAlive()) line.enter(this);
    else this.goOn();
  }
}

/** Those who rest, and whose turn it is. */
class Line {
  readonly #waiting = new Set<Reader>();
  #current: Reader | undefined;
  #began = 0; // what #current had read when its turn began
  #seen = 0; // what it had read a turn of the event loop ago
  #looking = false;

  enter(reader: Reader): void {
    this.#waiting.add(reader);
    if (this.#current === undefined || this.#current === reader) this.#next();
    this.#look();
  }

  leave(reader: Reader): void {
    this.#waiting.delete(reader);
    if (this.#current === reader) this.#next();
  }

  /** @internal */
  look(): void {
    this.#looking = false;
    const current = this.#current;
    if (current === undefined || this.#waiting.size === 0) return;
    const { total } = current;
    if (total - this.#began >= BYTES_PER_TURN || total - this.#seen < WORTH_A_TURN_BYTES) this.#next();
    else this.#seen = total;
    this.#look();
  }

  #next(): void {
    const [first] = this.#waiting;
    this.#current = first;
    if (first === undefined) return;
    this.#waiting.delete(first);
    this.#began = first.total;
    this.#seen = first.total - WORTH_A_TURN_BYTES; // it has not been able to read yet
    first.goOn();
  }

  #look(): void {
    if (this.#looking || this.#waiting.size === 0) return;
    this.#looking = true;
    setImmediate(look, this);
  }
}

function look(everybody: Line): void {
  everybody.look();
}

/** The one of this thread: what waits is its event loop. */
const line = new Line();
