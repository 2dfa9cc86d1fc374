// @ts-check
// bun bun-spawn.js EXECPATH CHILD ENDING: the leading side on Bun.spawn with `ipc`. Prints what it found.
import { lead } from '../dialogue.js';

/** @typedef {import('../dialogue.js').Message} Message */

/**
 * What is used of Bun.
 * @typedef {object} Bun
 * @property {(command: string[], options: object) => Subprocess} spawn
 */
/**
 * @typedef {object} Subprocess
 * @property {(message: unknown) => void} send
 * @property {() => void} disconnect
 * @property {Promise<number>} exited
 */

const { Bun } = /** @type {{ Bun: Bun }} */ (/** @type {unknown} */ (globalThis));
const [execPath = '', child = '', by] = process.argv.slice(2);
/** @type {(message: Message) => void} */
let listener = () => {};
/** @type {() => void} */
let onDisconnect = () => {};
/** @type {Promise<void>} */
const ended = new Promise(resolve => {
  onDisconnect = resolve;
});

const subprocess = Bun.spawn([execPath, child], {
  stdio: ['inherit', 'inherit', 'inherit'],
  serialization: 'json', // the other one is Bun's own
  ipc: (/** @type {Message} */ message) => listener(message),
  onDisconnect: () => onDisconnect(),
});
const findings = await lead(
  {
    send: message => void subprocess.send(message),
    onMessage: wanted => {
      listener = wanted;
    },
    ended,
    disconnect: () => subprocess.disconnect(),
  },
  /** @type {import('../dialogue.js').Ending} */ (by),
);
console.log(JSON.stringify({ ...findings, code: await subprocess.exited }));
