// up.js CONTENDER: a child that is up, with its contender loaded.
import { contender } from './contenders.js';

const sides = await contender(process.argv[2]).sides();
const end = await sides.inChild();
end.send('up');
