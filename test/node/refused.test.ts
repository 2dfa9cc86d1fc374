import * as nodeModule from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Described, MODULES, type Module, path, tools } from '../support/faces.js';

const ECHO = path('node-echo.cjs');
const IPC_AT_3 = ['ignore', 'ignore', 'ignore', 'ipc'];

type Call = (fork: (...args: unknown[]) => unknown, spawn: (...args: unknown[]) => unknown) => unknown;

/** What Node refuses, with the code; the text must be Node's. */
const REFUSED: readonly (readonly [what: string, code: string, Call])[] = [
  [
    "fork without 'ipc'",
    'ERR_CHILD_PROCESS_IPC_REQUIRED',
    fork => fork(ECHO, { stdio: ['ignore', 'pipe', 2] }),
  ],
  ['fork with an empty stdio', 'ERR_CHILD_PROCESS_IPC_REQUIRED', fork => fork(ECHO, [], { stdio: [] })],
  ["fork with two 'ipc'", 'ERR_IPC_ONE_PIPE', fork => fork(ECHO, { stdio: [...IPC_AT_3, 'ipc'] })],
  ["spawn with two 'ipc'", 'ERR_IPC_ONE_PIPE', (_fork, spawn) => spawn('true', { stdio: ['ipc', 'ipc'] })],
  ...['xml', '', null, 1, {}].flatMap((serialization): readonly (readonly [string, string, Call])[] => [
    [
      `fork with serialization ${JSON.stringify(serialization)}`,
      'ERR_INVALID_ARG_VALUE',
      fork => fork(ECHO, [], { serialization }),
    ],
    [
      `spawn with serialization ${JSON.stringify(serialization)}`,
      'ERR_INVALID_ARG_VALUE',
      (_fork, spawn) => spawn('true', [], { serialization, stdio: IPC_AT_3 }),
    ],
  ]),
  ['fork with an unknown stdio', 'ERR_INVALID_ARG_VALUE', fork => fork(ECHO, { stdio: 'all' })],
  ["fork with stdio 'ipc'", 'ERR_INVALID_ARG_VALUE', fork => fork(ECHO, { stdio: 'ipc' })],
  [
    'fork with an unknown entry in stdio',
    'ERR_INVALID_SYNC_FORK_INPUT',
    fork => fork(ECHO, { stdio: ['all', 'ipc'] }),
  ],
  [
    'spawn with an object in stdio',
    'ERR_INVALID_ARG_VALUE',
    (_fork, spawn) => spawn('true', { stdio: ['ipc', {}] }),
  ],
  ['fork of nothing', 'ERR_INVALID_ARG_TYPE', fork => fork()],
  ['fork of null', 'ERR_INVALID_ARG_TYPE', fork => fork(null)],
  ['fork of a number', 'ERR_INVALID_ARG_TYPE', fork => fork(1)],
  ['fork of an object', 'ERR_INVALID_ARG_TYPE', fork => fork({})],
  ['fork of a path with a zero byte', 'ERR_INVALID_ARG_VALUE', fork => fork('a\0b')],
  ['fork of a URL that is no file', 'ERR_INVALID_URL_SCHEME', fork => fork(new URL('http://host/a.js'))],
  ['fork of a file URL with a host', 'ERR_INVALID_FILE_URL_HOST', fork => fork(new URL('file://host/a.js'))],
  ['fork with arguments that are text', 'ERR_INVALID_ARG_TYPE', fork => fork(ECHO, 'args')],
  ['fork with arguments that are a number', 'ERR_INVALID_ARG_TYPE', fork => fork(ECHO, 1, {})],
  ['fork with options that are text', 'ERR_INVALID_ARG_TYPE', fork => fork(ECHO, [], 'options')],
  ['fork with options that are a list', 'ERR_INVALID_ARG_TYPE', fork => fork(ECHO, [], [])],
  ['fork with options that are a function', 'ERR_INVALID_ARG_TYPE', fork => fork(ECHO, [], () => {})],
  ['spawn with options that are null', 'ERR_INVALID_ARG_TYPE', (_fork, spawn) => spawn('true', [], null)],
  ['spawn with arguments that are text', 'ERR_INVALID_ARG_TYPE', (_fork, spawn) => spawn('true', 'args')],
  ['spawn of nothing', 'ERR_INVALID_ARG_VALUE', (_fork, spawn) => spawn('', { stdio: IPC_AT_3 })],
  ['fork with a cwd that is no path', 'ERR_INVALID_ARG_TYPE', fork => fork(ECHO, { cwd: 1 })],
  ['fork with an execPath that is no path', 'ERR_INVALID_ARG_TYPE', fork => fork(ECHO, { execPath: 1 })],
  ['fork with detached that is no boolean', 'ERR_INVALID_ARG_TYPE', fork => fork(ECHO, { detached: 'yes' })],
  ['fork with a uid that is no number', 'ERR_INVALID_ARG_TYPE', fork => fork(ECHO, { uid: 'root' })],
  ['fork with a negative timeout', 'ERR_OUT_OF_RANGE', fork => fork(ECHO, { timeout: -1 })],
  ['fork with a signal that is none', 'ERR_INVALID_ARG_TYPE', fork => fork(ECHO, { signal: 'abort' })],
  ['fork with an unknown killSignal', 'ERR_UNKNOWN_SIGNAL', fork => fork(ECHO, { killSignal: 'SIGNOT' })],
];

function callOf(module: Module, call: Call): Described | 'nothing' {
  const { fork, spawn } = module as unknown as Record<'fork' | 'spawn', (...args: unknown[]) => unknown>;
  return tools.thrown(() => call(fork, spawn));
}

describe.each(MODULES)('%s', (_name, module) => {
  it.each(REFUSED)('refuses %s: %s', (_what, code, call) => {
    const told = callOf(module, call);
    expect(told).toMatchObject({ code });
    expect(told).toEqual(callOf(nodeModule, call));
  });

  it('refuses a channel to a child that is waited for: ERR_IPC_SYNC_FORK', () => {
    const refused = {
      name: 'Error',
      code: 'ERR_IPC_SYNC_FORK',
      message: 'IPC cannot be used with synchronous forks',
    };
    const options = { stdio: IPC_AT_3 as nodeModule.StdioOptions };
    expect(tools.thrown(() => module.spawnSync('true', options))).toEqual(refused);
    expect(tools.thrown(() => module.execFileSync('true', options))).toEqual(refused);
  });

  it('says what is missing', () => {
    expect(callOf(module, fork => fork(ECHO, { stdio: ['ignore'] }))).toEqual({
      name: 'Error',
      code: 'ERR_CHILD_PROCESS_IPC_REQUIRED',
      message: "Forked processes must have an IPC channel, missing value 'ipc' in options.stdio",
    });
    expect(callOf(module, (_fork, spawn) => spawn('true', { stdio: ['ipc', 'ipc'] }))).toEqual({
      name: 'Error',
      code: 'ERR_IPC_ONE_PIPE',
      message: 'Child process can have only one IPC pipe',
    });
    expect(callOf(module, fork => fork(ECHO, [], { serialization: 'xml' }))).toEqual({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message:
        "The property 'options.serialization' must be one of: undefined, 'json', 'advanced'. Received 'xml'",
    });
  });
});
