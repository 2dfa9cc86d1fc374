const NONE: readonly never[] = [];

/** The messages of one chunk. The array that a batch was parsed to is theirs as it is, unless others join it. */
export class ChunkMessages<In> {
  #all: readonly In[] = NONE;
  #own: In[] | undefined; // #all, if it may be added to: a codec's array is the codec's

  get all(): readonly In[] {
    return this.#all;
  }

  get count(): number {
    return this.#all.length;
  }

  add(message: In): void {
    if (this.#all.length > 0) {
      this.#owned().push(message);
      return;
    }
    // One alone is what a round trip consists of: an empty array would make room for 17.
    this.#own = [message];
    this.#all = this.#own;
  }

  addAll(messages: readonly In[]): void {
    if (this.#all.length === 0) {
      this.#all = messages;
      return;
    }
    const own = this.#owned();
    for (const message of messages) own.push(message);
  }

  /** Copied once: a chunk may hold thousands of small batches. */
  #owned(): In[] {
    if (this.#own !== undefined) return this.#own;
    const own = this.#all.slice();
    this.#all = own;
    this.#own = own;
    return own;
  }
}
