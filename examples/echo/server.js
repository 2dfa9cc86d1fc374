// node examples/echo/server.js [SOCKET]
// An echo server on a Unix socket. Each connection is a channel; what a slow client does not read, it does not get to
// send either. Stop it with Ctrl-C.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from 'deka-ipc';

const path = process.argv[2] ?? join(tmpdir(), 'deka-echo.sock');
const server = await listen(path);
console.log(`listening at ${path}`);

server.channels$.subscribe(async channel => {
  try {
    const echoed = await channel.sendAll(channel); // a channel is an async iterable: read only as fast as it is sent
    console.log(`echoed ${echoed} messages`);
  } catch (error) {
    console.log('a client left in the middle:', String(error));
  }
});

process.once('SIGINT', () => server.close());
