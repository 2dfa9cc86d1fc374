// The other end of every measurement: does what the parent orders.
import { contender } from './contenders.js';
import { MESSAGES, smallMessage } from './messages.js';
import { flood, type Order } from './workloads.js';

const who = contender(process.argv[2]);
const end = who.inChild();
let handle: (message: unknown) => void = message => obey(message as Order);
let prepared: object[] = [];

end.onMessage(message => handle(message));
end.send('up');

function obey(order: Order): void {
  switch (order.do) {
    case 'flood':
      void flood(end, who.manner, order.count, MESSAGES[order.message ?? 'small']);
      break;
    case 'count':
      handle = counter(order.count);
      break;
    case 'echo':
      handle = message => end.send(message);
      break;
    case 'prepare':
      prepared = records(order.megabytes * 1_000_000);
      end.send('prepared');
      break;
    case 'deliver':
      end.send(prepared);
      break;
  }
}

function counter(count: number): () => void {
  let seen = 0;
  return () => {
    seen += 1;
    if (seen === count) end.send('all there');
  };
}

/** So many small records that their JSON text has about that many bytes. */
function records(bytes: number): object[] {
  const each = JSON.stringify(smallMessage(500_000)).length + 1;
  return Array.from({ length: Math.ceil(bytes / each) }, (_, id) => smallMessage(500_000 + id));
}
