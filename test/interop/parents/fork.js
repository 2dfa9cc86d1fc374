// @ts-check
// RUNTIME fork.js EXECPATH CHILD ENDING SERIALIZATION: the leading side on child_process.fork of whatever runtime this
// is. Prints what it found.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { lead } from '../dialogue.js';
import { overProcess } from '../links.js';

const [execPath = '', child = '', by, mode] = process.argv.slice(2);
const serialization = /** @type {import('node:child_process').SerializationType} */ (mode);
const started = start();
const exited = once(started, 'exit');
const findings = await lead(overProcess(started), /** @type {import('../dialogue.js').Ending} */ (by));
const [code] = await exited;
console.log(JSON.stringify({ ...findings, code }));

function start() {
  const { deno } = process.versions;
  // Deno's fork starts Deno, whatever execPath says; its spawn takes any program.
  if (deno === undefined || realpathSync(execPath) === realpathSync(process.execPath)) {
    return fork(child, [], { execPath, execArgv: [], serialization });
  }
  return spawn(execPath, [child], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], serialization });
}
