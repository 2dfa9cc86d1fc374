let users = 0;
let until = 0;
let turning = false;

/** From now on this process's event loop does not sleep, until the function that is returned is called. */
export function busyPoll(): () => void {
  let stopped = false;
  users += 1;
  start();
  return () => {
    if (stopped) return;
    stopped = true;
    users -= 1;
  };
}

/** For so many microseconds from now this process's event loop does not sleep. */
export function busyPollFor(micros: number): void {
  until = Math.max(until, performance.now() + micros / 1000);
  start();
}

function start(): void {
  if (turning) return;
  turning = true;
  setImmediate(turn);
}

/** While an immediate waits, the loop looks for what has come in, and does not wait for it. */
function turn(): void {
  turning = users > 0 || performance.now() < until;
  if (turning) setImmediate(turn);
}
