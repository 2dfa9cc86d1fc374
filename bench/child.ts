// child.js CONTENDER [ORDER]: the other end of every measurement. Does what the parent orders, or what it was started for.
import { contender } from './contenders.js';
import { type Order, obey } from './orders.js';

const [, , name, order] = process.argv;
const who = contender(name);
const end = await (await who.sides()).inChild();
if (order !== undefined) {
  obey(end, who, JSON.parse(order));
} else {
  end.onMessage(message => obey(end, who, message as Order));
  end.send('up');
}
