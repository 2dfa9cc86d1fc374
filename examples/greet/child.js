// The other half of parent.js and of by-hand.js: it cannot tell which of them started it.
import { parent } from 'deka-ipc';

const channel = parent();

channel.messages$.subscribe(message => {
  channel.send({ hello: 'parent', from: process.pid, answering: message });
  void channel.close();
});
