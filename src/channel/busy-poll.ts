let users = 0;
let turning = false;

/** From now on this process's event loop does not sleep, until the function that is returned is called. */
export function busyPoll(): () => void {
  let stopped = false;
  users += 1;
  if (!turning) {
    turning = true;
    setImmediate(turn);
  }
  return () => {
    if (stopped) return;
    stopped = true;
    users -= 1;
  };
}

/** While an immediate waits, the loop looks for what has come in, and does not wait for it. */
function turn(): void {
  turning = users > 0;
  if (turning) setImmediate(turn);
}
