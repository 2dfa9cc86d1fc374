import { Subject } from 'rxjs';
import type { Transport } from '../../src/transport/transport.js';

/** A transport whose other side is the test: it says what comes in, and sees what goes out. */
export class Link implements Transport {
  readonly bytes$ = new Subject<Uint8Array>();
  /** What the channel asked for, in order. */
  readonly calls: string[] = [];
  readonly written: string[] = [];
  /** While true, `taken` is kept back, as by a peer that does not read. */
  stuck = false;
  /** What the next write fails with. */
  writeError: Error | undefined;
  #kept: ((error?: Error | null) => void)[] = [];

  receive(text: string): void {
    this.bytes$.next(Buffer.from(text));
  }

  release(): void {
    this.stuck = false;
    for (const taken of this.#kept.splice(0)) taken();
  }

  write(batch: string | Uint8Array, taken: (error?: Error | null) => void): boolean {
    this.written.push(Buffer.from(batch).toString());
    if (this.stuck) this.#kept.push(taken);
    else process.nextTick(taken, this.writeError);
    return false;
  }

  pause(): void {
    this.calls.push('pause');
  }

  resume(): void {
    this.calls.push('resume');
  }

  ref(): void {
    this.calls.push('ref');
  }

  unref(): void {
    this.calls.push('unref');
  }

  end(): void {
    this.calls.push('end');
  }

  destroy(): void {
    this.calls.push('destroy');
  }
}

/** A message as it stands on the Deka wire. */
export function line(message: unknown): string {
  return `${JSON.stringify({ cmd: 'NODE_HANDLE', msg: message })}\n`;
}

export function linesOf(...messages: unknown[]): string {
  return messages.map(line).join('');
}
