// @ts-check
// node fuzz.js FRAMING CODEC SEED CASES: any bytes, cut anyhow, into one framing and one codec. Prints what it found. In a
// process of its own because of v8(), which believes the lengths it reads and is documented to take strangers' frames for
// no one: a crafted one may end the process.
import { writeSync } from 'node:fs';
import { IpcError } from 'deka-ipc';
import fc from 'fast-check';
import { inbound } from '../../../dist/streams/inbound.js';
import { codecs, framings, wireOf } from '../pairs.js';
import { keptMib, settled } from '../resources.js';

const [, , framingName, codecName, seed, cases] = process.argv;
const MAX_FRAME_BYTES = 1024;
const make = /** @type {() => import('deka-ipc').Framing} */ (framings[String(framingName)]);
const makeCodec = /** @type {() => import('deka-ipc').Codec} */ (codecs[String(codecName)]);

const value = fc.jsonValue({ maxDepth: 2 });
/** The wire of true messages, damaged a little, or not at all. */
const almost = fc
  .tuple(fc.array(value, { maxLength: 8 }), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }))
  .map(([messages, damages]) => {
    const wire = wireOf(make(), makeCodec(), messages);
    for (const [at, byte] of damages) if (wire.length > 0) wire[at % wire.length] = byte;
    return wire;
  });
const zeros = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 4, 10, 255), { maxLength: 400 }).map(Buffer.from);
const bytes = fc.oneof(fc.uint8Array({ maxLength: 400 }), zeros, almost, almost);
const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 60 });

let [frames, longest] = [0, 0];
const check = fc.property(bytes, cuts, (wire, sizes) => {
  const stages = inbound(
    { framing: make(), coder: makeCodec().create(), syntax: makeCodec().syntax, envelope: envelopeOf() },
    MAX_FRAME_BYTES,
  );
  const failures = [];
  for (const chunk of chunksOf(wire, sizes)) {
    const received = stages.push(chunk);
    frames += received.messages.length + received.failures.length;
    failures.push(...received.failures);
    // What is kept of a chunk must be a copy: its memory may be read into again.
    chunk.fill(0x7b);
  }
  const last = stages.end();
  if (last !== undefined) failures.push(last);
  longest = Math.max(longest, failures.length);
  return failures.every(failure => failure instanceof IpcError && failure.message !== '');
});

const settings = { seed: Number(seed), endOnFailure: true };
fc.assert(check, { ...settings, numRuns: Math.min(500, Number(cases)) });
const before = await kept();
fc.assert(check, { ...settings, numRuns: Number(cases) });
const after = await kept();
writeSync(1, JSON.stringify({ cases: Number(cases), frames, grownMib: after - before }));

/** The cases ran in one turn: what their streams have left to do in ticks keeps these until now. */
async function kept() {
  await settled();
  return keptMib();
}

function envelopeOf() {
  return {
    name: 'bare',
    wrap: (/** @type {unknown} */ value) => value,
    unwrap: (/** @type {unknown} */ value) => value,
  };
}

/** @param {Uint8Array} wire @param {number[]} sizes */
function* chunksOf(wire, sizes) {
  let at = 0;
  for (const size of sizes) {
    if (at < wire.length) yield Buffer.from(wire.subarray(at, at + size));
    at += size;
  }
  if (at < wire.length) yield Buffer.from(wire.subarray(at));
}
