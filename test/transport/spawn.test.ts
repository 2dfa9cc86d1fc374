import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { forkChild, type SpawnedChild, spawnChild } from '../../src/transport/spawn.js';

const REPORT = fixture('transport-report.js');
const ANSWER = fixture('transport-answer.js');

describe('the descriptor of the channel', () => {
  it.each([
    ['the default', {}, '3'],
    ["'inherit'", { stdio: 'inherit' }, '3'],
    ['an array of three', { stdio: ['pipe', 'pipe', 'inherit'] }, '3'],
    ['a shorter array', { stdio: ['ignore'] }, '3'],
    ['an empty array', { stdio: [] }, '3'],
    ['an array of five', { stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'ignore'] }, '5'],
  ] as const)('comes behind those of stdio: %s', async (_name, { stdio }: { stdio?: Stdio }, fd) => {
    const report = await reportOf(
      spawnChild(process.execPath, [REPORT], stdio === undefined ? {} : { stdio: mutable(stdio) }),
    );
    expect(report.env).toMatchObject({ DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: fd });
  });
});

describe('stdio', () => {
  it('of spawn is piped by default', () => {
    const { process: child } = start(spawnChild(process.execPath, ['-e', ''], {}));
    expect(open(child)).toEqual([true, true, true]);
  });

  it('of spawn may be one word', () => {
    const { process: child } = start(spawnChild(process.execPath, ['-e', ''], { stdio: 'ignore' }));
    expect(open(child)).toEqual([false, false, false]);
  });

  it('of spawn may be an array, the rest of the first three piped', () => {
    const { process: child } = start(
      spawnChild(process.execPath, ['-e', ''], { stdio: ['ignore', 'ignore'] }),
    );
    expect(open(child)).toEqual([false, false, true]);
  });

  it('of fork is inherited by default', () => {
    const { process: child } = start(forkChild(REPORT, [], {}));
    expect(open(child)).toEqual([false, false, false]);
  });

  it('of fork is piped when silent', () => {
    const { process: child } = start(forkChild(REPORT, [], { silent: true }));
    expect(open(child)).toEqual([true, true, true]);
  });

  it('of fork may be given, and goes before silent', () => {
    const { process: child } = start(forkChild(REPORT, [], { silent: true, stdio: 'ignore' }));
    expect(open(child)).toEqual([false, false, false]);
  });

  it('carries what the child prints, beside the channel', async () => {
    const { process: child } = start(spawnChild(process.execPath, ['-p', '6 * 7'], {}));
    expect(String(child.stdout && (await once(child.stdout, 'data'))[0])).toBe('42\n');
  });
});

describe('the environment', () => {
  it('is that of this process when none is given, without a channel of its own', async () => {
    setVariable('DEKA_TEST_INHERITED', 'yes');
    setVariable('DEKA_IPC_OTHER', 'not handed down');
    const { env } = await reportOf(spawnChild(process.execPath, [REPORT], {}));
    expect(env).toMatchObject({ DEKA_TEST_INHERITED: 'yes', DEKA_IPC_FD: '3' });
    expect(env).not.toHaveProperty('DEKA_IPC_OTHER');
  });

  it('is the given one and nothing else, and the two variables', async () => {
    setVariable('DEKA_TEST_INHERITED', 'no');
    const { env } = await reportOf(spawnChild(process.execPath, [REPORT], { env: { ONLY: 'this' } }));
    expect(env).toMatchObject({ ONLY: 'this', DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '3' });
    expect(env).not.toHaveProperty('DEKA_TEST_INHERITED');
  });
});

describe('fork', () => {
  it('takes the path of a module', async () => {
    expect((await reportOf(forkChild(REPORT, ['a', 'b c'], {}))).args).toEqual(['a', 'b c']);
  });

  it('takes the URL of a module', async () => {
    const url = new URL('../fixtures/transport-report.js', import.meta.url);
    expect((await reportOf(forkChild(url, ['a'], {}))).args).toEqual(['a']);
  });

  it('hands on the flags of this Node', async () => {
    process.execArgv.push('--no-warnings');
    onTestFinished(() => void process.execArgv.pop());
    expect((await reportOf(forkChild(REPORT, [], {}))).execArgv).toEqual(process.execArgv);
  });

  it('gives flags of its own in place of those', async () => {
    const report = await reportOf(forkChild(REPORT, [], { execArgv: ['--no-deprecation'] }));
    expect(report.execArgv).toEqual(['--no-deprecation']);
  });

  it('takes another executable', async () => {
    const { exited } = start(forkChild(REPORT, [], { execPath: 'false', execArgv: [] }));
    expect(await exited).toEqual({ code: 1, signal: null });
  });
});

describe('the link', () => {
  it("lets this side write after the child's end of file", async () => {
    const { transport, exited } = start(forkChild(ANSWER, [], {}));
    expect(await textOf(transport)).toBe('ready');
    transport.write(Buffer.from('7'), () => {});
    expect(await exited).toEqual({ code: 7, signal: null });
  });

  it('ends with the child', async () => {
    const { transport } = start(spawnChild(process.execPath, ['-e', ''], {}));
    expect(await textOf(transport)).toBe('');
  });

  it('does not hold the child: the end of this side is the end of its input', async () => {
    const script =
      "require('net').Socket({ fd: 3, readable: true }).resume().on('end', () => process.exit(3))";
    const { transport, exited } = start(spawnChild(process.execPath, ['-e', script], {}));
    transport.end();
    expect(await exited).toEqual({ code: 3, signal: null });
  });
});

describe('exited', () => {
  it('tells the exit code', async () => {
    const { exited } = start(spawnChild(process.execPath, ['-e', 'process.exit(5)'], {}));
    expect(await exited).toEqual({ code: 5, signal: null });
  });

  it('tells the signal', async () => {
    const { process: child, exited } = start(
      spawnChild(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], {}),
    );
    child.kill('SIGKILL');
    expect(await exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('tells how a child ended that an abort has killed, and the link only ends', async () => {
    const controller = new AbortController();
    const args = ['-e', 'setInterval(() => {}, 1e6)'];
    const { transport, exited } = start(spawnChild(process.execPath, args, { signal: controller.signal }));
    controller.abort();
    expect(await textOf(transport)).toBe('');
    expect(await exited).toEqual({ code: null, signal: 'SIGTERM' });
  });
});

describe('a command that cannot be started', () => {
  it.each([
    ['is missing', '/nowhere/to/be/found', {}],
    ['is not executable', import.meta.filename, {}],
    ['has no folder to run in', process.execPath, { cwd: '/nowhere' }],
  ])('because it %s errors the transport with ERR_TRANSPORT', async (_why, command, options) => {
    const { transport, exited } = spawnChild(command, [], options);
    await expect(textOf(transport)).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      cause: { syscall: expect.stringContaining('spawn') },
    });
    expect(await exited).toEqual({ code: null, signal: null });
  });

  it('is told to one who subscribes only after it has failed', async () => {
    const { transport, exited } = spawnChild('/nowhere/to/be/found', [], {});
    await exited;
    await expect(textOf(transport)).rejects.toMatchObject({ code: 'ERR_TRANSPORT' });
  });

  it('throws ERR_TRANSPORT, and crashes nothing, when no descriptor is left', async () => {
    const command = 'ulimit -n 64; exec "$0" "$1"';
    const args = ['-c', command, process.execPath, fixture('transport-no-descriptors.js')];
    const { stdout, stderr } = await promisify(execFile)('/bin/sh', args);
    expect({ stdout, stderr }).toEqual({ stdout: 'ERR_TRANSPORT', stderr: '' });
  });
});

type Stdio = 'inherit' | readonly ('pipe' | 'ignore' | 'inherit')[];

interface Report {
  readonly args: string[];
  readonly env: NodeJS.ProcessEnv;
  readonly execArgv: string[];
}

/** What `test/fixtures/transport-report.js` says it was started with. */
async function reportOf(child: SpawnedChild): Promise<Report> {
  return JSON.parse(await textOf(start(child).transport)) as Report;
}

/** Leaves no child behind. */
function start(child: SpawnedChild): SpawnedChild {
  onTestFinished(() => {
    child.process.kill('SIGKILL');
    child.transport.destroy();
  });
  return child;
}

/** All that comes until the peer's end. Rejects with the error of the link. */
function textOf({ bytes$ }: SpawnedChild['transport']): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    bytes$.subscribe({
      next: chunk => {
        text += Buffer.from(chunk).toString();
      },
      error: reject,
      complete: () => resolve(text),
    });
  });
}

/** Which of stdin, stdout and stderr are pipes to this process. */
function open({ stdin, stdout, stderr }: SpawnedChild['process']): boolean[] {
  return [stdin, stdout, stderr].map(stream => stream !== null);
}

function mutable(stdio: Stdio): 'inherit' | ('pipe' | 'ignore' | 'inherit')[] {
  return typeof stdio === 'string' ? stdio : [...stdio];
}

function setVariable(name: string, value: string): void {
  process.env[name] = value;
  onTestFinished(() => void delete process.env[name]);
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}
