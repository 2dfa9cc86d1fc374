/** Something that may hold unwritten frames when the process exits. */
export interface Drainable {
  /** Writes what it holds without the event loop, as far as the peer lets it within its time. */
  drainAtExit(): void;
}

const holding = new Set<Drainable>();
let hooked = false;
let exiting = false;

/**
 * From now on this one is drained if the process exits: by `process.exit()`, an uncaught exception, or at its natural
 * end. Node itself drops what is queued then (nodejs/node#760, #6767).
 */
export function holdsFrames(drainable: Drainable): void {
  holding.add(drainable);
  if (exiting) drainable.drainAtExit(); // sent by a listener of 'exit' that came after ours
  if (hooked) return;
  hooked = true;
  process.on('exit', processOnExit);
}

/** Nothing to drain any more. */
export function holdsNothing(drainable: Drainable): void {
  holding.delete(drainable);
}

function processOnExit(): void {
  exiting = true;
  for (const drainable of holding) drainable.drainAtExit();
}
