/** The messages of one chunk. The array that a batch was parsed to is theirs as it is, unless others join it. */
export class ChunkMessages<In> {
  #all: readonly In[] = [];
  #own: In[] | undefined; // #all, if it may be added to: a codec's array is the codec's

  get all(): readonly In[] {
    return this.#all;
  }

  get count(): number {
    return this.#all.length;
  }

  add(message: In): void {
    this.#own ??= this.#owned();
    this.#own.push(message);
  }

  addAll(messages: readonly In[]): void {
    this.#own = undefined;
    this.#all = this.#all.length === 0 ? messages : this.#all.concat(messages);
  }

  #owned(): In[] {
    const own = this.#all.slice();
    this.#all = own;
    return own;
  }
}
