interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/** Those who wait for room in the send queue, and those who wait for all of it to be taken. */
export class Waiters {
  #forRoom: Waiter[] = [];
  #forFlush: (Waiter & { readonly upTo: number })[] = [];

  get anyForFlush(): boolean {
    return this.#forFlush.length > 0;
  }

  room(): Promise<void> {
    return new Promise((resolve, reject) => this.#forRoom.push({ resolve, reject }));
  }

  /** @param upTo the number of the last frame that must be taken. */
  flushed(upTo: number): Promise<void> {
    return new Promise((resolve, reject) => this.#forFlush.push({ upTo, resolve, reject }));
  }

  tellRoom(): void {
    for (const waiter of this.#forRoom.splice(0)) waiter.resolve();
  }

  /** So many frames have been taken. */
  tellFlushed(taken: number): void {
    while (this.#forFlush[0] !== undefined && this.#forFlush[0].upTo <= taken) {
      this.#forFlush.shift()?.resolve();
    }
  }

  reject(error: Error): void {
    for (const waiter of [...this.#forRoom.splice(0), ...this.#forFlush.splice(0)]) waiter.reject(error);
  }
}
