// node examples/echo/client.js [SOCKET]
// Sends a thousand messages to the echo server and counts what comes back.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'deka-ipc';

const path = process.argv[2] ?? join(tmpdir(), 'deka-echo.sock');
const channel = await connect(path);

let back = 0;
channel.messages$.subscribe(() => {
  back += 1;
});
await channel.sendAll(Array.from({ length: 1000 }, (_, id) => ({ id })));
await channel.close(); // says that nothing more comes, and waits for the rest of the answers
console.log(`${back} of 1000 came back`);
