// The same records to a child and back, plain and through a codec that compresses another one.
import { fork, json } from 'deka-ipc';
import { compressed } from './compressed.js';

const records = Array.from({ length: 100 }, (_, n) => ({
  id: n,
  lines: Array.from({ length: 20 }, (_, line) => `record ${n}, line ${line}, much like the one before`),
}));

const child = fork(new URL('./child.js', import.meta.url), [], { codec: compressed(json()) });
let back = 0;
child.messages$.subscribe(() => {
  back += 1;
});
await child.sendAll(records);
await child.close();
const plain = records.reduce((bytes, record) => bytes + JSON.stringify(record).length, 0);
const share = child.metrics().sent.bytes / plain;
console.log(`${back} records came back; on the wire they were ${Math.round(100 * share)} % of their JSON`);
