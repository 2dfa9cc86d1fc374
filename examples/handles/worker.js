// Speaks HTTP on the connections it is given, or on those of a server it is given.
import { createServer as createHttpServer } from 'node:http';
import { Server, Socket } from 'node:net';
import { parent } from 'deka-ipc';

const channel = parent();
const http = createHttpServer((_request, response) => response.end(`worker ${process.pid}\n`));
/** @type {Server[]} */
const servers = [];

channel.deliveries$.subscribe(({ message, handle }) => {
  if (handle instanceof Socket) take(handle);
  if (handle instanceof Server) servers.push(handle.on('connection', take));
  if (message === 'stop') stop();
});

/** @param {Socket} socket */
function take(socket) {
  http.emit('connection', socket);
}

function stop() {
  for (const server of servers) server.close();
  http.closeAllConnections();
}
