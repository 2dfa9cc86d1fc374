// @ts-check
import { connect as netConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from 'deka-ipc';
import { watchMemory } from '../resources.js';
import { exactly, figure } from '../scenario.js';

const LF = 0x0a;

/**
 * @param {() => number} random
 * @returns {readonly ((line: Buffer) => Buffer)[]} each takes a line without its end, and gives another one
 */
function damages(random) {
  const upTo = (/** @type {number} */ count) => Math.floor(random() * count);
  return [
    line => line.subarray(0, upTo(line.length)),
    line =>
      flipped(
        line,
        [...Array(1 + upTo(3))].map(() => upTo(line.length * 8)),
      ),
    line => Buffer.from(String(line).replace('"NODE_HANDLE"', '"SOMETHING"')),
    line => Buffer.from(`[${line}]`),
    line => Buffer.concat([line.subarray(0, 30), Buffer.from([0xff, 0xc0, 0xaf]), line.subarray(30)]),
  ];
}

/** @param {Buffer} line @param {number[]} bits */
function flipped(line, bits) {
  const copy = Buffer.from(line);
  for (const bit of bits) copy[bit >> 3] = Number(copy[bit >> 3]) ^ (1 << (bit & 7));
  return copy;
}

/** @type {import('../scenario.js').Scenario} */
export async function run({ scaled, random }) {
  const count = scaled(1_000_000, 10_000);
  const kinds = damages(random);
  const isDamaged = new Uint8Array(count);
  let frames = 0; // line ends on the wire: a damage may make a line end of its own
  let [failures, intact, altered, outOfOrder, next] = [0, 0, 0, 0, 0];

  const path = join(tmpdir(), `deka-damage-${process.pid}`);
  /** @type {import('deka-ipc').ChannelServer<unknown, { id: number, check: number }>} */
  const server = await listen(path);
  const memory = watchMemory(20);
  const ended = new Promise(resolve => {
    server.channels$.subscribe(channel => {
      channel.failures$.subscribe(({ count: stoodFor = 1 }) => {
        failures += stoodFor;
      });
      channel.messages$.subscribe({ next: onMessage, complete: () => resolve(channel.closed) });
    });
  });
  const socket = netConnect(path);
  for (let id = 0; id < count; ) {
    const chunk = [];
    for (let size = 0; size < 40_000 * random() && id < count; id += 1) {
      const line = lineOf(id);
      size += line.length;
      chunk.push(line, Buffer.from('\n'));
    }
    const bytes = Buffer.concat(chunk);
    frames += bytes.reduce((sum, byte) => (byte === LF ? sum + 1 : sum), 0);
    if (!socket.write(bytes)) await new Promise(resolve => socket.once('drain', resolve));
  }
  socket.end();
  await ended;
  await server.close();

  const damaged = isDamaged.reduce((sum, one) => sum + one, 0);
  return [
    exactly('undamaged frames that arrived, in order', count - damaged, intact),
    exactly('messages out of order', 0, outOfOrder),
    exactly('failures and messages together, of so many lines', frames, failures + intact + altered),
    figure('damaged frames', damaged),
    figure('damaged, and still a message', altered),
    figure('growth at its peak, in MiB', memory.stop().peakMib),
  ];

  /** @param {number} id */
  function lineOf(id) {
    const line = Buffer.from(
      JSON.stringify({ cmd: 'NODE_HANDLE', msg: { id, check: checkOf(id), pad: 'é'.repeat(20) } }),
    );
    if (random() >= 0.1) return line;
    isDamaged[id] = 1;
    const bad = kinds[Math.floor(random() * kinds.length)]?.(line);
    return bad ?? line;
  }

  /** @param {{ id?: number, check?: number, pad?: string }} message */
  function onMessage({ id = -1, check, pad }) {
    // A bit that flipped inside of a number or a text leaves a message, only another one.
    if (check !== checkOf(id) || pad !== 'é'.repeat(20) || isDamaged[id] !== 0) {
      altered += 1;
      return;
    }
    while (isDamaged[next] === 1) next += 1;
    if (id !== next) outOfOrder += 1;
    next = id + 1;
    intact += 1;
  }
}

/** @param {number} id */
function checkOf(id) {
  return Math.imul(id + 1, 0x9e3779b1) >>> 0;
}
