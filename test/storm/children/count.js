// @ts-check
// node count.js BY: counts the messages that come in order, and prints how many once its parent has ended.
import { writeSync } from 'node:fs';

let next = 0;
if (process.argv[2] === 'channel') {
  const { parent } = await import('deka-ipc');
  const channel = parent();
  channel.messages$.subscribe({ next: onMessage, complete: onEnd });
} else {
  process.on('message', onMessage).on('disconnect', onEnd);
}

/** @param {unknown} message */
function onMessage(message) {
  if (/** @type {{ id: number }} */ (message).id === next) next += 1;
}

function onEnd() {
  writeSync(1, String(next));
}
