// @ts-check
// node exit.js BY HOW COUNT: sends COUNT messages of 120 bytes to its parent and ends at once. BY: channel (of this
// library), process (whatever gives this process a `send`).
const [, , by, how, count] = process.argv;
const PAD = 'x'.repeat(70);

const send = by === 'channel' ? await channelSend() : processSend;
for (let id = 0; id < Number(count); id += 1) send({ id, pad: PAD });
if (how === 'exit') process.exit(3);
if (how === 'throw') throw new Error('on purpose');
if (how === 'reject') void Promise.reject(new Error('on purpose'));

/** @param {unknown} message */
function processSend(message) {
  process.send?.(message);
}

async function channelSend() {
  const { parent } = await import('deka-ipc');
  const channel = parent();
  return (/** @type {unknown} */ message) => channel.send(message);
}
