// @ts-check
// node two-way.js BY: sends without end, as fast as its parent reads, and takes what that sends.
const [, , by] = process.argv;

if (by === 'channel') {
  const { parent } = await import('deka-ipc');
  const channel = parent();
  channel.messages$.subscribe();
  await channel.sendAll(numbers()).catch(() => {}); // the parent has seen enough
} else {
  process.on('message', () => {});
  sendSome(numbers());
}

function* numbers() {
  for (let id = 0; ; id += 1) yield { id, pad: 'x'.repeat(70) };
}

/** @param {Iterator<object>} source */
function sendSome(source) {
  for (let n = 0; n < 100; n += 1) process.send?.(source.next().value, () => {});
  setImmediate(sendSome, source);
}
