// node examples/greet/parent.js
// A parent and a child that greet each other.
import { fork } from 'deka-ipc';

const child = fork(new URL('./child.js', import.meta.url));

child.messages$.subscribe(message => console.log('parent got', message));
child.send({ hello: 'child', from: process.pid });

const { code } = await child.exited;
console.log('child exited with', code);
