// @ts-check
// What carries a dialogue.
import { once } from 'node:events';

/** @typedef {import('./dialogue.js').Link} Link */
/** @typedef {import('./dialogue.js').Message} Message */

/** @param {import('../../dist/index.js').Channel<unknown, Message>} channel @returns {Link} */
export function overChannel(channel) {
  return {
    send: message =>
      new Promise((resolve, reject) => {
        channel.send(message, error => (error ? reject(error) : resolve(undefined)));
      }),
    onMessage: listener => void channel.messages$.subscribe(listener),
    ended: channel.closed,
    disconnect: () => void channel.close(),
  };
}

/**
 * The runtime's own: this process, or a child of its `fork`.
 * @param {NodeJS.Process | import('node:child_process').ChildProcess} end @returns {Link}
 */
export function overProcess(end) {
  return {
    send: message =>
      new Promise((resolve, reject) => {
        const serializable = /** @type {import('node:child_process').Serializable} */ (message);
        end.send?.(serializable, undefined, undefined, error => (error ? reject(error) : resolve(undefined)));
      }),
    onMessage: listener => {
      end.on('message', message => listener(/** @type {Message} */ (message)));
    },
    ended: once(end, 'disconnect'),
    disconnect: () => end.disconnect?.(),
  };
}
