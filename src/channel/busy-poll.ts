/** Taken when this is loaded: a test of the program's may put another in its place, which never comes. */
const nextTurn = setImmediate;

/** Between two turns, about as long as one takes: each leaves garbage, and collecting that is what answers wait for. */
const REST_MS = 0.005;

/** So many rests are as long as the one that was measured. */
const RESTS_MEASURED = 256;

/** Some 50 µs, whatever the clock says: a test of the program's may have stopped it. */
const MOST_ROUNDS = 65_536;

interface Poll {
  readonly wanted: () => boolean;
  running: boolean;
}

/** Those that run come first. It never becomes shorter: an array that grows again for each message is garbage, too. */
const polls: (Poll | undefined)[] = [];
let running = 0;
let turning = false;

/**
 * Made once, called again and again: from then on this process's event loop does not sleep as long as `wanted`, asked on each
 * turn, says so.
 */
export function pollWhile(wanted: () => boolean): () => void {
  const poll: Poll = { wanted, running: false };
  return () => start(poll);
}

function start(poll: Poll): void {
  if (poll.running) return;
  poll.running = true;
  polls[running] = poll;
  running += 1;
  if (turning) return;
  turning = true;
  nextTurn(turn);
}

/** While an immediate waits, the loop looks for what has come in, and does not wait for it. */
function turn(): void {
  for (let at = running - 1; at >= 0; at -= 1) {
    const poll = polls[at];
    if (poll === undefined || poll.wanted()) continue;
    poll.running = false;
    running -= 1;
    polls[at] = polls[running];
    polls[running] = undefined;
  }
  turning = running > 0;
  if (!turning) return;
  rest();
  nextTurn(turn);
}

let rounds = 64;
let rests = 0;

/** Looking at the clock all the time would leave as much garbage as turning. */
function rest(): void {
  rests += 1;
  if (rests % RESTS_MEASURED !== 0) {
    spin(rounds);
    return;
  }
  const start = performance.now();
  spin(rounds);
  const tookMs = Math.max(performance.now() - start, REST_MS / 16);
  // By halves at most: the system may have had the processor meanwhile, or the loop not been compiled yet.
  const longer = rounds * Math.min(Math.max(REST_MS / tookMs, 0.5), 2);
  rounds = Math.min(Math.ceil(longer), MOST_ROUNDS);
}

function spin(count: number): number {
  let spun = 0;
  for (let round = 0; round < count; round += 1) spun = (spun + round) | 0;
  return spun;
}
