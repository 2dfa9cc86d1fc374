// @ts-check
// Every pair that is tried, and the few that cannot be.
import { v8 } from '../../dist/entry/index.js';
import { asChild, asParent, behindBash } from './pairs.js';
import { bash, bun, deno, node, own, python, sh } from './runtimes.js';

/** @typedef {import('./dialogue.js').Ending} Ending */
/** @typedef {import('./runtimes.js').Runtime} Runtime */

/**
 * @typedef {object} Row
 * @property {string} peer
 * @property {string} wire
 * @property {readonly Runtime[]} needs
 * @property {readonly Ending[]} [endings] those that are tried
 * @property {import('./pairs.js').Pair} [pair] without one it cannot be
 * @property {string} [note]
 */

/** @type {readonly Ending[]} */
const EVERY = ['child', 'parent', 'exit'];
/** @type {readonly Ending[]} */
const ORDERLY = ['child', 'parent'];

const LAST_WORDS =
  "Not tried: the channel is the runtime's own there, and process.exit() drops what it has queued.";
const DENO_LAST_WORDS =
  "Deno's fs knows only descriptors that it opened itself, so nothing can be written at exit without the event loop.";
const BUN_V8 =
  "Bun's node:v8 and its advanced serialization are JavaScriptCore's format, not V8's. It answers json.";
const DENO_V8 =
  "Deno 2.9 writes version 16 of the V8 format on its own channel; the channel is Node's own there, and Node up to 26 reads up to 15. It answers json.";

/** This library is the parent. @type {readonly Row[]} */
export const asParentRows = [
  ...[...node, bun].map(runtime => ({
    peer: `deka-ipc on ${runtime.name}`,
    wire: 'Deka, json',
    needs: [runtime],
    endings: EVERY,
    pair: asParent(runtime, 'deka.js', {}),
  })),
  ...node.map(runtime => ({
    peer: `deka-ipc on ${runtime.name}`,
    wire: 'Deka, v8',
    needs: [runtime],
    endings: EVERY,
    pair: asParent(runtime, 'deka.js', { codec: v8() }),
  })),
  { peer: `deka-ipc on ${bun.name}`, wire: 'Deka, v8', needs: [bun], note: BUN_V8 },
  {
    peer: `deka-ipc on ${deno.name}`,
    wire: 'Deka, json',
    needs: [deno],
    endings: ORDERLY,
    pair: asParent(deno, 'deka.js', {}),
    note: DENO_LAST_WORDS,
  },
  {
    peer: `deka-ipc on ${deno.name}`,
    wire: 'Deka, v8',
    needs: [deno],
    endings: ORDERLY,
    pair: asParent(deno, 'deka.js', { codec: v8() }),
    note: DENO_LAST_WORDS,
  },
  ...[...node, bun, deno].map(runtime => ({
    peer: `any program for ${runtime.name}`,
    wire: 'Node, json',
    needs: [runtime],
    endings: ORDERLY,
    pair: asParent(runtime, 'plain.js', { wire: 'node' }),
    note: LAST_WORDS,
  })),
  ...[...node, deno].map(runtime => ({
    peer: `any program for ${runtime.name}`,
    wire: 'Node, v8',
    needs: [runtime],
    endings: ORDERLY,
    pair: asParent(runtime, 'plain.js', { wire: 'node', codec: v8() }),
    note: LAST_WORDS,
  })),
  { peer: `any program for ${bun.name}`, wire: 'Node, v8', needs: [bun], note: BUN_V8 },
  {
    peer: python.name,
    wire: 'Deka, json',
    needs: [python],
    endings: EVERY,
    pair: asParent(python, 'wire.py', {}),
  },
  ...[own].flatMap(runtime => [
    {
      peer: `sh, then deka-ipc on ${runtime.name}`,
      wire: 'Deka, json',
      needs: [sh, runtime],
      endings: EVERY,
      pair: asParent(runtime, 'deka.js', {}, sh),
    },
    {
      peer: `sh, then any program for ${runtime.name}`,
      wire: 'Node, json',
      needs: [sh, runtime],
      endings: ORDERLY,
      pair: asParent(runtime, 'plain.js', { wire: 'node' }, sh),
      note: LAST_WORDS,
    },
  ]),
];

/** This library is the child: `parent()`. @type {readonly Row[]} */
export const asChildRows = [
  ...node.flatMap(runtime => [
    byRuntime(`fork of ${runtime.name}`, runtime, 'json', own),
    byRuntime(`fork of ${runtime.name}`, runtime, 'advanced', own),
  ]),
  byRuntime(`fork of ${bun.name}`, bun, 'json', own),
  byRuntime(`fork of ${bun.name}, on Bun`, bun, 'json', bun),
  byRuntime(`fork of ${bun.name}, on Bun`, bun, 'advanced', bun),
  byRuntime(`Bun.spawn of ${bun.name}`, bun, 'json', own, 'bun-spawn.js'),
  byRuntime(`Bun.spawn of ${bun.name}, on Bun`, bun, 'json', bun, 'bun-spawn.js'),
  { peer: `fork or Bun.spawn of ${bun.name}`, wire: 'own, advanced', needs: [bun], note: BUN_V8 },
  byRuntime(`spawn of ${deno.name}`, deno, 'json', own),
  { peer: `spawn of ${deno.name}`, wire: 'own, advanced', needs: [deno], note: DENO_V8 },
  byRuntime(`fork of ${deno.name}, on Deno`, deno, 'json', deno),
  byRuntime(`fork of ${deno.name}, on Deno`, deno, 'advanced', deno),
  {
    peer: 'a descriptor that bash opened',
    wire: 'Deka, json',
    needs: [bash],
    endings: EVERY,
    pair: behindBash(bash),
  },
];

/**
 * A runtime's own IPC, in `inside`.
 * @param {string} peer @param {Runtime} runtime @param {'json' | 'advanced'} serialization @param {Runtime} inside
 * @param {string} [script] @returns {Row}
 */
function byRuntime(peer, runtime, serialization, inside, script = 'fork.js') {
  return {
    peer,
    wire: `own, ${serialization}`,
    needs: [runtime, inside],
    endings: ORDERLY,
    pair: asChild(runtime, script, serialization, inside),
    note: LAST_WORDS,
  };
}
