// Answers the datagrams that come on the sockets it is given.
import { Socket } from 'node:dgram';
import { parent } from 'deka-ipc';

/** @type {Socket[]} */
const sockets = [];

parent().deliveries$.subscribe({ next: answer, complete: stop });

/** @param {import('deka-ipc').Delivery<unknown>} delivery */
function answer({ handle }) {
  if (!(handle instanceof Socket)) return;
  sockets.push(handle);
  handle.on('message', (text, { port, address }) => handle.send(`${text} from a child`, port, address));
}

function stop() {
  for (const socket of sockets) socket.close();
}
