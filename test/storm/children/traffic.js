// @ts-check
// Sends numbers as fast as its parent reads, and counts what comes, until it is told to stop; then says how much that was.
import { parent } from 'deka-ipc';

const channel = parent();
const stop = new AbortController();
let next = 0;
let sent = 0;
channel.messages$.subscribe({
  next(message) {
    if (message === 'stop') stop.abort();
    else if (/** @type {{ id: number }} */ (message).id === next) next += 1;
  },
});
await channel.sendAll(numbers(), { signal: stop.signal }).catch(() => {});
channel.send({ sent, received: next });
await channel.close();

function* numbers() {
  for (;;) yield { id: sent++, symbol: 'DEKA', price: 101.5, qty: 7 };
}
