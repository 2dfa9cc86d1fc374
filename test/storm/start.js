// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('run.js', import.meta.url));

/**
 * Runs a scenario in a process of its own. One that crashes, hangs or leaves something running is a finding, too.
 *
 * @param {string} name
 * @param {{ seed: number, minutes: number, execPath?: string, limitMs: number }} options
 * @returns {Promise<import('./scenario.js').Finding[]>}
 */
export async function startScenario(name, { seed, minutes, execPath = process.execPath, limitMs }) {
  const args = ['--expose-gc', RUN, name, String(seed), String(minutes)];
  const child = spawn(execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const timer = setTimeout(() => killGroup(child.pid), limitMs);
  const stderr = text(child.stderr);
  const [output, errors, [code, signal]] = await Promise.all([
    text(child.stdout),
    stderr,
    once(child, 'exit'),
  ]);
  clearTimeout(timer);
  killGroup(child.pid); // whatever it left
  const findings = output === '' ? [] : JSON.parse(output);
  if (code !== 0 || errors !== '' || findings.length === 0) {
    const seen = `${signal === 'SIGKILL' ? `not done after ${limitMs} ms` : `code ${code}`}: ${errors.slice(-2000)}`;
    findings.push({ what: 'ends without an error', wanted: 'code 0', seen, ok: false });
  }
  return findings;
}

/** @param {number | undefined} pid */
function killGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
