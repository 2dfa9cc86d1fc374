const PAUSE_MS = 2;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Something that may hold unwritten frames when the process exits. */
export interface Drainable {
  /** Hands over what it holds; undefined if that is written already. */
  drainAtExit(): Drain | undefined;
}

/** What is written while a process exits, when the event loop no longer turns. */
export interface Drain {
  /** Each step writes what the peer has room for. */
  readonly steps: Iterator<unknown>;
  /** How long after the process began to exit the last step may be made, in milliseconds. */
  readonly withinMs: number;
}

/** Never empty: a set makes its table anew when its last member leaves, which would be garbage for each message alone. */
const holding = new Set<Drainable>([{ drainAtExit: () => undefined }]);
let hooked = false;
let exitingSinceMs: number | undefined; // of performance.now()

/**
 * From now on this one is drained if the process exits: by `process.exit()`, an uncaught exception, or at its natural
 * end. Node itself drops what is queued then (nodejs/node#760, #6767).
 */
export function holdsFrames(drainable: Drainable): void {
  holding.add(drainable);
  if (exitingSinceMs !== undefined) drain([drainable], exitingSinceMs); // sent by a listener of 'exit' that came after ours
  if (hooked) return;
  hooked = true;
  process.on('exit', processOnExit);
  // A program may clear the listeners of 'exit' that others have left.
  process.on('removeListener', (_name, listener) => {
    if (listener === processOnExit) process.on('exit', processOnExit);
  });
}

/** What a listener of 'exit' sends is drained, too, if none of ours was there when the process began to exit. */
export function drainsFromNow(): void {
  exitingSinceMs ??= performance.now();
}

/** Nothing to drain any more. */
export function holdsNothing(drainable: Drainable): void {
  holding.delete(drainable);
}

function processOnExit(): void {
  exitingSinceMs = performance.now();
  drain(holding, exitingSinceMs);
}

/** All in turn, and one time for all: a peer that does not read costs the others nothing, and many cost no more than one. */
function drain(drainables: Iterable<Drainable>, sinceMs: number): void {
  let left = Array.from(drainables, drainable => drainable.drainAtExit());
  while (true) {
    left = left.filter(
      each => each?.steps.next().done === false && performance.now() < sinceMs + each.withinMs,
    );
    if (left.length === 0) return;
    Atomics.wait(sleeper, 0, 0, PAUSE_MS);
  }
}
