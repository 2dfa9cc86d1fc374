// Talks to a process that speaks binary records, each behind its length: a framing that the library has, and a codec of
// a dozen lines that knows the records.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bare, fromStreams, IpcError, lengthPrefixed } from 'deka-ipc';

/** @typedef {{ first: number, count: number }} Command */
/** @typedef {{ number: number, value: number }} Sample */

/** @type {import('deka-ipc').Codec<Command, Sample>} */
const records = {
  name: 'sensor-records',
  framing: lengthPrefixed({ bytes: 2, endian: 'little' }),
  envelope: bare(),
  create: () => ({
    encode({ first, count }) {
      const frame = Buffer.alloc(6);
      frame.writeUInt32LE(first, 0);
      frame.writeUInt16LE(count, 4);
      return frame;
    },
    decode(frame) {
      const bytes = Buffer.from(/** @type {Uint8Array} */ (frame));
      if (bytes.length !== 12)
        throw new IpcError('ERR_DECODE', `A sample has 12 bytes; this one has ${bytes.length}.`);
      return { number: bytes.readUInt32LE(0), value: bytes.readDoubleLE(4) };
    },
  }),
};

const script = fileURLToPath(new URL('./sensor.py', import.meta.url));
const sensor = spawn('python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
const channel = fromStreams(sensor.stdout, sensor.stdin, { codec: records });

let sum = 0;
let samples = 0;
channel.messages$.subscribe(({ value }) => {
  sum += value;
  samples += 1;
});
await channel.sendAll(Array.from({ length: 20 }, (_, n) => ({ first: n * 1000, count: 1000 })));
await channel.close();
console.log(`${samples} samples, sum ${sum.toFixed(3)}, ${channel.metrics().received.bytes} bytes`);
