// node examples/greet/by-hand.js
// The same child, started without this library: all it needs is a Unix socket at a descriptor and two variables. Any
// language can do what this file does.
import { spawn } from 'node:child_process';

const child = spawn(process.execPath, [new URL('./child.js', import.meta.url).pathname], {
  stdio: ['inherit', 'inherit', 'inherit', 'pipe'], // 'pipe' is a Unix socket, here at descriptor 3
  env: { ...process.env, DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '3' },
});

const socket = /** @type {import('node:net').Socket} */ (child.stdio[3]);
socket.setEncoding('utf8').on('data', line => process.stdout.write(`by hand got ${line}`));
socket.write('{"cmd":"NODE_HANDLE","msg":{"hello":"child"}}\n');
child.on('exit', code => console.log('child exited with', code));
