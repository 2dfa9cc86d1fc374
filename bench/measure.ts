// One measurement in a fresh pair of processes: node measure.js WORKLOAD CONTENDER SIZE. Prints the figures as JSON.

import { workload } from './all.js';
import { contender } from './contenders.js';
import { next } from './workloads.js';

const [, , workloadName, contenderName, size] = process.argv;
const what = workload(workloadName);
const who = contender(contenderName);
const end = who.start(new URL('./child.js', import.meta.url), [who.name]);
await next(end);
process.stdout.write(JSON.stringify(await what.parent(end, who, Number(size))));
end.close();
