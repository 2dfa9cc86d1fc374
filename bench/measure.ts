// measure.js WORKLOAD CONTENDER SIZE: one measurement in a fresh pair of processes. Prints the figures as JSON.
import { contender } from './contenders.js';
import { workload } from './workloads.js';

const [, , workloadName, contenderName, size] = process.argv;
const figures = await workload(workloadName).run(contender(contenderName), Number(size));
process.stdout.write(JSON.stringify(figures), () => process.exit());
