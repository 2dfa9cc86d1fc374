// @ts-check
// How two processes are put together for one dialogue.
import { spawn as nodeSpawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { listen, spawn } from '../../dist/entry/index.js';
import { lead } from './dialogue.js';
import { overChannel } from './links.js';

/** @typedef {import('./dialogue.js').Findings} Findings */
/** @typedef {import('./dialogue.js').Message} Message */
/** @typedef {import('./runtimes.js').Runtime} Runtime */
/** @typedef {import('../../dist/index.js').SpawnChannelOptions<unknown, Message>} Options */

/** @typedef {Findings & { code: number | null, stderr: string }} Outcome */

/**
 * One dialogue. `signal` ends it and kills whom it started.
 * @typedef {(by: import('./dialogue.js').Ending, signal: AbortSignal) => Promise<Outcome>} Pair
 */

const ENV = { ...process.env, NO_COLOR: '1' };

/**
 * This library leads and starts `runtime`, through a shell if one is given.
 * @param {Runtime} runtime @param {string} script @param {Options} options @param {Runtime} [shell] @returns {Pair}
 */
export function asParent(runtime, script, options, shell) {
  const args = [...runtime.flags, fileURLToPath(new URL(`children/${script}`, import.meta.url))];
  const { path = '' } = runtime;
  const [command, ...rest] =
    shell?.path === undefined ? [path, ...args] : [shell.path, '-c', 'exec "$0" "$@"', path, ...args];
  return async (by, signal) => {
    const child = spawn(command ?? '', rest, {
      ...options,
      env: ENV,
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    });
    child.process.on('error', () => {}); // of the signal
    const stderr = child.process.stderr === null ? '' : text(child.process.stderr);
    const findings = await lead(overChannel(child), by);
    const { code } = await child.exited;
    return { ...findings, code, stderr: await stderr };
  };
}

/**
 * `runtime` leads, by its own means, and starts this library in `inside`.
 * @param {Runtime} runtime @param {string} script @param {'json' | 'advanced'} serialization @param {Runtime} inside
 * @returns {Pair}
 */
export function asChild({ path = '', flags }, script, serialization, inside) {
  const leader = fileURLToPath(new URL(`parents/${script}`, import.meta.url));
  const follower = fileURLToPath(new URL('children/deka.js', import.meta.url));
  return async (by, signal) => {
    const args = [...flags, leader, inside.path ?? '', follower, by, serialization];
    const { stdout, stderr } = await run(path, args, ENV, signal);
    return { ...JSON.parse(stdout), stderr };
  };
}

/**
 * bash opens a connection to a server of this library at descriptor 3 and becomes the child.
 * @param {Runtime} bash @returns {Pair}
 */
export function behindBash({ path = '' }) {
  const follower = fileURLToPath(new URL('children/deka.js', import.meta.url));
  const script = 'exec 3<>"/dev/tcp/127.0.0.1/$0" && exec "$@"';
  return async (by, signal) => {
    /** @type {import('../../dist/index.js').ChannelServer<unknown, Message>} */
    const server = await listen({ port: 0 }, { maxConnections: 1, signal });
    const { port } = /** @type {{ port: number }} */ (server.address);
    const env = { ...ENV, DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '3' };
    const exited = run(path, ['-c', script, String(port), process.execPath, follower], env, signal);
    /** @type {Promise<Findings>} */
    const found = new Promise(resolve => {
      server.channels$.subscribe(channel => resolve(lead(overChannel(channel), by)));
    });
    const { code, stderr } = await exited;
    const findings = await found;
    await server.close();
    return { ...findings, code, stderr };
  };
}

/**
 * Runs a command in a group of its own, so that the signal ends it with all that it started.
 * @param {string} command @param {readonly string[]} args @param {NodeJS.ProcessEnv} env @param {AbortSignal} signal
 */
async function run(command, args, env, signal) {
  const started = nodeSpawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
  const onAbort = () => {
    if (started.pid !== undefined) process.kill(-started.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', onAbort);
  const [stdout, stderr, [code]] = await Promise.all([
    text(started.stdout),
    text(started.stderr),
    once(started, 'exit'),
  ]);
  signal.removeEventListener('abort', onAbort);
  return { stdout, stderr, code: /** @type {number | null} */ (code) };
}
