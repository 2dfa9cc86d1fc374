import * as nodeModule from 'node:child_process';
import { once } from 'node:events';
import * as ourModule from 'deka-ipc/child_process';
import { describe, expect, it } from 'vitest';
import { forked, MODULES, type Module, type Program, path } from '../support/faces.js';

/** What a child sees of how it was started, and its own child, and a worker thread. */
interface View {
  readonly argv: string[];
  readonly argv0: string;
  readonly execArgv: string[];
  readonly execPath: string;
  readonly env: Record<string, string>;
  readonly cwd: string;
}

const view = () => {
  const { argv, argv0, execArgv, execPath, env } = process;
  process.send?.({ argv: argv.toSpliced(2, 1), argv0, execArgv, execPath, env, cwd: process.cwd() });
};

const grandchild = () => {
  const { fork, execFileSync } = process.getBuiltinModule('node:child_process');
  const program = '() => process.send({ env: process.env, execArgv: process.execArgv })';
  const script = 'process.stdout.write(JSON.stringify(process.env))';
  const env = JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
  const child = fork(String(process.argv[1]), [program]);
  child.on('message', forkedView => process.send?.({ env, forked: forkedView }));
};

const worker = () => {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const code = `const of = name => {
    try {
      return typeof process[name];
    } catch (error) {
      return error.code;
    }
  };
  const names = ['send', 'disconnect', 'connected', 'channel'];
  const { execArgv, env } = process;
  require('node:worker_threads').parentPort.postMessage({ of: names.map(of), execArgv, env: { ...env } });`;
  new Worker(code, { eval: true }).on('message', told => {
    process.send?.({ told, still: process.connected });
  });
};

async function told(
  module: Module,
  program: Program,
  options: nodeModule.ForkOptions = {},
): Promise<unknown> {
  const child = forked(module, program, options);
  const [message] = await once(child, 'message');
  await once(child, 'close');
  return message;
}

function channelNames(env: object): string[] {
  return Object.keys(env).filter(name => /^(DEKA_IPC_|NODE_CHANNEL_)/.test(name));
}

const OPTIONS: readonly (readonly [what: string, nodeModule.ForkOptions])[] = [
  ['nothing', {}],
  ['execArgv', { execArgv: ['--no-warnings', '--stack-size=900'] }],
  ['no execArgv', { execArgv: [] }],
  ['NODE_OPTIONS', { env: { ...process.env, NODE_OPTIONS: '--no-warnings --max-old-space-size=300' } }],
  ['an environment', { env: { PATH: '/bin', 'odd name': 'wörld\n', EMPTY: '' } }],
  ['an environment that has no entries', { env: {} }],
  ['an environment that inherits', { env: Object.create({ FROM: 'above' }) as NodeJS.ProcessEnv }],
  ['an environment with undefined', { env: { A: 'a', B: undefined } }],
  ['a stale environment', { env: { A: 'a', DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '77', DEKA_IPC_CODEC: 'x' } }],
  ['cwd', { cwd: '/' }],
  ['argv0', { argv0: 'zero' } as object],
  ['advanced', { serialization: 'advanced' }],
];

describe.each(MODULES)('a child of %s', (_name, module) => {
  it.concurrent('sees the arguments and the environment it was given', async () => {
    const env = Object.freeze({ PATH: '/bin', A: 'a' });
    const seen = (await told(module, view, { env, execArgv: ['--no-warnings'], cwd: '/' })) as View;
    expect(seen).toEqual({
      argv: [process.execPath, path('node-run.cjs'), '[]'],
      argv0: process.execPath,
      execArgv: ['--no-warnings'],
      execPath: process.execPath,
      env,
      cwd: '/',
    });
  });

  it.concurrent.each([
    'json',
    'advanced',
  ] as const)('hands no variable of its channel, and no preload, to a grandchild: %s', async serialization => {
    const seen = (await told(module, grandchild, { serialization })) as {
      readonly env: object;
      readonly forked: { readonly env: object; readonly execArgv: string[] };
    };
    expect([channelNames(seen.env), channelNames(seen.forked.env)]).toEqual([[], []]);
    expect(seen.forked.execArgv).toEqual(process.execArgv);
  });

  // Node means to throw ERR_WORKER_UNSUPPORTED_OPERATION there, but looks for a variable that it has removed before.
  it.concurrent('has no channel in a worker thread', async () => {
    const seen = (await told(module, worker, { execArgv: ['--no-warnings'] })) as {
      readonly told: { readonly of: string[]; readonly execArgv: string[]; readonly env: object };
      readonly still: boolean;
    };
    expect(seen.told.of).toEqual(['undefined', 'undefined', 'undefined', 'undefined']);
    expect(seen.told.execArgv).toEqual(['--no-warnings']);
    expect(channelNames(seen.told.env)).toEqual([]);
    expect(seen.still).toBe(true);
  });

  it.concurrent('has its channel before a preload in execArgv', async () => {
    const options = { execArgv: ['--require', path('node-preload.cjs')] };
    const program = () => process.send?.((globalThis as { preloadFound?: unknown }).preloadFound);
    expect(await told(module, program, options)).toEqual({ send: 'function', execArgv: options.execArgv });
  });

  it.concurrent('has nothing on stderr', async () => {
    const child = module.fork(path('node-echo.js'), [], { silent: true });
    let errors = '';
    child.stderr?.on('data', chunk => {
      errors += String(chunk);
    });
    child.send('up');
    await once(child, 'message');
    child.disconnect();
    await once(child.stderr ?? child, 'close');
    expect(errors).toBe('');
  });

  it.concurrent('has its channel before a preload in NODE_OPTIONS', async () => {
    const options = { env: { ...process.env, NODE_OPTIONS: `--require ${path('node-preload.cjs')}` } };
    const program = () =>
      process.send?.((globalThis as { preloadFound?: { send: string } }).preloadFound?.send);
    expect(await told(module, program, options)).toBe('function');
  });
});

describe('a child of deka-ipc/child_process', () => {
  it.concurrent.each(
    OPTIONS,
  )('sees what a child of node:child_process sees: with %s', async (_what, options) => {
    const [seen, byNode] = (await Promise.all([
      told(ourModule, view, options),
      told(nodeModule, view, options),
    ])) as [View, View];
    // Node hands stale variables of Deka on; they would be taken for this channel.
    const env = Object.entries(byNode.env).filter(([key]) => !key.startsWith('DEKA_IPC_'));
    expect(seen).toEqual({ ...byNode, env: Object.fromEntries(env) });
  });
});
