// A TCP server that deals its connections out to four workers, which speak HTTP on them. With `shared` as argument two
// workers get the server itself, and the system deals.
import { createServer } from 'node:net';
import { fork } from 'deka-ipc';

const shared = process.argv[2] === 'shared';
const workers = Array.from({ length: shared ? 2 : 4 }, () =>
  fork(new URL('./worker.js', import.meta.url), [], { handles: true }),
);
let next = 0;

// Paused: what the client says at once is not read here, and so goes along with the socket.
const server = createServer({ pauseOnConnect: true }, deal).listen(0, '127.0.0.1', serverOnListening);

function serverOnListening() {
  const address = server.address();
  console.log(typeof address === 'object' && address?.port);
  if (!shared) return;
  for (const worker of workers) worker.send('server', server);
  Promise.all(workers.map(worker => worker.flush())).then(() => server.close());
}

/** @param {import('node:net').Socket} socket */
function deal(socket) {
  const worker = workers[next % workers.length];
  next += 1;
  worker?.send('connection', socket, {}, error => {
    if (error !== null) socket.destroy(); // it is still ours: the worker has gone
  });
}

process.once('SIGINT', () => {
  server.close();
  for (const worker of workers) worker.send('stop');
  for (const worker of workers) worker.close();
});
