import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

async function serving(...args: string[]): Promise<{ readonly server: ChildProcess; readonly port: number }> {
  const server = spawn(process.execPath, ['examples/handles/server.js', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  return { server, port: Number(line) };
}

/** So many requests, some at a time, on connections of their own or kept alive; how often each worker answered. */
async function load(port: number, requests: number, agent: Agent): Promise<Map<string, number>> {
  const answers = new Map<string, number>();
  let left = requests;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      const answer = await request(port, agent);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  agent.destroy();
  return answers;
}

function request(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent }, response => text(response).then(resolve, reject)).on(
      'error',
      reject,
    );
  });
}

async function stopped(server: ChildProcess): Promise<unknown> {
  server.kill('SIGINT');
  return await once(server, 'exit');
}

describe('examples/handles', () => {
  it('deals 2 000 connections out to four workers, and no HTTP request fails', async () => {
    const { server, port } = await serving();
    const answers = await load(port, 2000, new Agent({ keepAlive: false }));
    expect([...answers.values()]).toEqual([500, 500, 500, 500]);
    expect([...answers.keys()].every(answer => /^worker \d+\n$/.test(answer))).toBe(true);
    expect(await stopped(server)).toEqual([0, null]);
  });

  it('and none of 2 000 on connections that are kept alive', async () => {
    const { server, port } = await serving();
    const answers = await load(port, 2000, new Agent({ keepAlive: true, maxSockets: 8 }));
    expect([...answers.values()].reduce((sum, count) => sum + count, 0)).toBe(2000);
    expect(answers.size).toBe(4);
    expect(await stopped(server)).toEqual([0, null]);
  });

  it('shares a server between two workers, and no request fails', async () => {
    const { server, port } = await serving('shared');
    const answers = await load(port, 500, new Agent({ keepAlive: false }));
    expect([...answers.values()].reduce((sum, count) => sum + count, 0)).toBe(500);
    expect(await stopped(server)).toEqual([0, null]);
  });

  it('hands a UDP socket over', async () => {
    const { stdout } = await run(process.execPath, ['examples/handles/udp.js'], { cwd: root });
    expect(stdout).toBe('ping from a child\n');
  });
});

describe('scripts/handles-soak.js', () => {
  it('finds 500 sockets among 5 000 messages in order, and no descriptor left', async () => {
    const { stdout } = await run(process.execPath, ['scripts/handles-soak.js', '500', '5000', '7'], {
      cwd: root,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      child: { arrived: 5500, wrong: 0, leftOpen: 0 },
      parent: { refused: 0, leftOpen: 0 },
    });
  });
});
