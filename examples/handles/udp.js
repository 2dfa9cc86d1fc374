// A UDP socket that a child takes over: datagrams to the same port are answered by another process.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fork } from 'deka-ipc';

const child = fork(new URL('./udp-child.js', import.meta.url), [], { handles: true });
const socket = createSocket('udp4').bind(0, '127.0.0.1');
await once(socket, 'listening');
const { port } = socket.address();

child.send('answer on this', socket);
await child.flush(); // the child has it
socket.close(); // a UDP socket stays open on both sides

const client = createSocket('udp4');
client.send('ping', port, '127.0.0.1');
const [answer] = await once(client, 'message');
console.log(String(answer));
client.close();
await child.close();
