// Sends sockets and messages at random through one channel and checks that all arrive, in order, and that no descriptor is
// left open on either side. `node scripts/handles-soak.js [SOCKETS] [MESSAGES] [SEED]`; 10 000 and 100 000 without.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { fork, parent } from 'deka-ipc';

let clients = 0;
const own = fileURLToPath(import.meta.url);
if (process.argv[2] === 'receive') receive(Number(process.argv[3]));
else
  await send(
    Number(process.argv[2] ?? 10_000),
    Number(process.argv[3] ?? 100_000),
    Number(process.argv[4] ?? 1),
  );

/** @param {number} total */
function receive(total) {
  const channel = parent();
  const before = openDescriptors();
  let next = 0;
  let wrong = 0;
  channel.deliveries$.subscribe(({ message, handle }) => {
    const { id, handled } = /** @type {{ id: number, handled: boolean }} */ (message);
    if (id !== next || handled !== (handle !== undefined)) wrong += 1;
    next += 1;
    if (handle !== undefined) /** @type {import('node:net').Socket} */ (handle).destroy();
    if (next === total) setImmediate(answer);
  });

  function answer() {
    channel.send({ arrived: next, wrong, leftOpen: openDescriptors() - before });
    channel.close();
  }
}

/**
 * @param {number} sockets
 * @param {number} messages
 * @param {number} seed
 */
async function send(sockets, messages, seed) {
  const random = randomFrom(seed);
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const before = openDescriptors();
  const total = sockets + messages;
  const worker = fork(own, ['receive', String(total)], { handles: true });
  let refused = 0;
  let socketsLeft = sockets;
  const startedAt = performance.now();
  for (let id = 0; id < total; id += 1) {
    const handled = random() < socketsLeft / (total - id);
    if (handled) socketsLeft -= 1;
    const room = handled
      ? worker.send({ id, handled }, await connection(), {}, error => {
          if (error !== null) refused += 1;
        })
      : worker.send({ id, handled });
    if (!room) await worker.ready();
  }
  const [answer] = await Promise.all([once$(worker), worker.flush()]);
  const seconds = (performance.now() - startedAt) / 1000;
  await worker.exited;
  await worker.closed;
  while (clients > 0) await new Promise(setImmediate);
  const leftOpen = openDescriptors() - before;
  server.close();
  console.log(
    JSON.stringify({ child: answer, parent: { refused, leftOpen }, seconds: Number(seconds.toFixed(1)) }),
  );

  /** @returns {Promise<import('node:net').Socket>} */
  async function connection() {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const accepting = once(server, 'connection');
    const client = connect(port, '127.0.0.1');
    clients += 1;
    client
      .on('error', () => {})
      .on('close', () => {
        clients -= 1;
      });
    client.resume();
    const [accepted] = await accepting;
    return accepted;
  }
}

/** @param {import('deka-ipc').ChildChannel} channel */
async function once$(channel) {
  for await (const message of channel) return message;
  throw new Error('the child ended without an answer');
}

function openDescriptors() {
  return readdirSync('/proc/self/fd').length;
}

/**
 * mulberry32: the same run for the same seed.
 *
 * @param {number} seed
 */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
