// @ts-check
// node raw.js WHAT BYTES: writes to its channel's descriptor what no sender of this library would write.
import { Socket } from 'node:net';

const [, , what, bytes] = process.argv;
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const socket = new Socket({ fd: Number(process.env['DEKA_IPC_FD']) });
const size = Number(bytes);

await write(frame('first'));
if (what === 'line') await fill(CHUNK);
if (what === 'length') {
  await write(header(size));
  await fill(CHUNK);
}
if (what === 'bad lines') await fill(Buffer.alloc(64 * 1024, 'x\n'));
if (what === 'empty lines') await fill(Buffer.alloc(64 * 1024, '\n'));
if (what === 'empty frames') await fill(Buffer.alloc(64 * 1024, 0));
await write(what === 'line' ? Buffer.concat([Buffer.from('\n'), frame('last')]) : frame('last'));
socket.end();

/** @param {string} text */
function frame(text) {
  const json = Buffer.from(JSON.stringify({ cmd: 'NODE_HANDLE', msg: text }));
  return what === 'length' || what === 'empty frames'
    ? Buffer.concat([header(json.length), json])
    : Buffer.concat([json, Buffer.from('\n')]);
}

/** @param {number} length */
function header(length) {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(length);
  return head;
}

/** As many bytes as asked for. @param {Buffer} chunk */
async function fill(chunk) {
  for (let left = size; left > 0; left -= chunk.length) await write(chunk.subarray(0, left));
}

/** @param {Buffer} data @returns {Promise<void>} */
function write(data) {
  return new Promise((resolve, reject) => {
    socket.write(data, error => (error ? reject(error) : resolve()));
  });
}
