// @ts-check
// node exiting-parent.js BY COUNT: sends COUNT messages to a child of its own and exits at once. The child prints what it got.
const [, , by, count] = process.argv;
const PAD = 'x'.repeat(70);

const { fork } = await moduleFor(String(by));
const child = fork(new URL('count.js', import.meta.url), [String(by)]);
for (let id = 0; id < Number(count); id += 1) child.send({ id, pad: PAD });
process.exit();

/** @param {string} name @returns {Promise<{ fork(module: URL, args: string[]): { send(message: object): boolean } }>} */
async function moduleFor(name) {
  if (name === 'channel') return import('deka-ipc');
  return name === 'face' ? import('deka-ipc/child_process') : import('node:child_process');
}
