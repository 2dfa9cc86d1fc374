/** Taken when this is loaded: a test of the program's may put another in its place, which never comes. */
const nextTurn = setImmediate;

const polling = new Set<() => boolean>();
let turning = false;

/** This process's event loop does not sleep as long as the function, asked on each turn, says so. */
export function pollWhile(wanted: () => boolean): void {
  polling.add(wanted);
  if (turning) return;
  turning = true;
  nextTurn(turn);
}

/** While an immediate waits, the loop looks for what has come in, and does not wait for it. */
function turn(): void {
  for (const wanted of polling) if (!wanted()) polling.delete(wanted);
  turning = polling.size > 0;
  if (turning) nextTurn(turn);
}
