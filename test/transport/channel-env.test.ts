import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { devNull } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { announcesChannel, takeChannel } from '../../src/transport/channel-env.js';
import { type Announcement, childEnv } from '../../src/transport/child-env.js';
import { code } from '../support/errors.js';

const DEKA: Announcement = { wire: 'deka', codec: 'json' };

describe('childEnv', () => {
  it('announces the channel with both variables', () => {
    expect(childEnv({}, 5, DEKA)).toEqual({ DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '5' });
  });

  it('hands down the rest of the environment', () => {
    expect(childEnv({ PATH: '/bin', DEKA: 'x' }, 3, DEKA)).toMatchObject({
      PATH: '/bin',
      DEKA: 'x',
    });
  });

  it("hands down nothing of this process's own channel, not even variables of a later version", () => {
    const env = { DEKA_IPC_ENABLED: 'old', DEKA_IPC_FD: '9', DEKA_IPC_CODEC: 'v8' };
    expect(childEnv(env, 3, DEKA)).toEqual({ DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '3' });
  });

  it.each([
    [[], ''],
    [['batch'], 'batch'],
    [['batch', 'other'], 'batch,other'],
  ])('announces the extensions %j that the parent takes', (accepts, value) => {
    expect(childEnv({}, 5, { ...DEKA, accepts })).toEqual({
      DEKA_IPC_ENABLED: '1',
      DEKA_IPC_FD: '5',
      DEKA_IPC_ACCEPTS: value,
    });
  });

  it("announces no extension on Node's own wire, which has none", () => {
    expect(childEnv({}, 5, { wire: 'node', codec: 'json', accepts: ['batch'] })).not.toHaveProperty(
      'DEKA_IPC_ACCEPTS',
    );
  });

  it('hands down what the environment it was given inherits', () => {
    const env = Object.assign(Object.create({ PATH: '/bin', DEKA_IPC_FD: '9' }), { OWN: '1' });
    expect(childEnv(env, 3, DEKA)).toMatchObject({ PATH: '/bin', OWN: '1', DEKA_IPC_FD: '3' });
  });

  it('leaves the environment it was given as it is', () => {
    const env = { DEKA_IPC_FD: '9' };
    childEnv(env, 3, DEKA);
    expect(env).toEqual({ DEKA_IPC_FD: '9' });
  });
});

describe('announcesChannel', () => {
  it.each([
    [{ DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '3' }, true],
    [{ DEKA_IPC_ENABLED: '0', DEKA_IPC_FD: '3' }, false],
    [{ DEKA_IPC_FD: '3' }, false],
    [{ DEKA_IPC_ENABLED: '1' }, false],
    [{}, false],
  ])('says of %j: %j', (env, announced) => {
    expect(announcesChannel(env)).toBe(announced);
  });

  it('changes nothing', () => {
    const env = { DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: 'nonsense' };
    announcesChannel(env);
    expect(env).toEqual({ DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: 'nonsense' });
  });
});

describe('takeChannel', () => {
  it('gives the descriptor of an open socket', async () => {
    const fd = await openSocketFd();
    expect(takeChannel(announced(String(fd)))).toEqual({ fd, codec: 'json', accepts: undefined });
  });

  it('gives the extensions that the parent takes, and tells a parent that takes none from one that knows none', async () => {
    const env = announced(String(await openSocketFd()));
    expect(takeChannel({ ...env, DEKA_IPC_ACCEPTS: 'batch,other' })).toMatchObject({
      accepts: ['batch', 'other'],
    });
    expect(takeChannel({ ...env, DEKA_IPC_ACCEPTS: '' })).toMatchObject({ accepts: [''] });
  });

  it('gives the descriptor of the lane for handles, if it is an open socket of its own', async () => {
    const fd = String(await openSocketFd());
    const lane = String(await openSocketFd());
    const laneOf = (text: string) => takeChannel({ ...announced(fd), DEKA_IPC_LANE: text }).lane;
    expect(laneOf(lane)).toBe(Number(lane));
    for (const text of ['', fd, '200', '-1', `0${'9'.repeat(9)}`, '0x3'])
      expect(laneOf(text)).toBeUndefined();
  });

  it('removes every variable of ours and no other', async () => {
    const env = { ...announced(String(await openSocketFd())), DEKA_IPC_CODEC: 'v8', PATH: '/bin' };
    takeChannel(env);
    expect(env).toEqual({ PATH: '/bin' });
  });

  it.each([
    [{}],
    [{ DEKA_IPC_ENABLED: '1' }],
    [{ DEKA_IPC_FD: '3' }],
    [{ DEKA_IPC_ENABLED: 'yes', DEKA_IPC_FD: '3' }],
  ])('throws ERR_NO_PARENT_CHANNEL for %j', env => {
    expect(() => takeChannel(env)).toThrow(code('ERR_NO_PARENT_CHANNEL'));
  });

  it.each([
    '',
    '-1',
    ' 3',
    '3 ',
    '3\n',
    '3.5',
    '0x3',
    '1e3',
    'three',
    'NaN',
    '٣',
    '999999999',
    '9'.repeat(400),
  ])('throws ERR_BAD_CHANNEL_FD for %j, and the variables are gone', text => {
    const env = announced(text);
    expect(() => takeChannel(env)).toThrow(code('ERR_BAD_CHANNEL_FD'));
    expect(env).toEqual({});
  });

  it.each([
    ['a space before it', (fd: number) => ` ${fd}`],
    ['a fraction', (fd: number) => `${fd}.0`],
    ['an exponent', (fd: number) => `${fd}e0`],
    ['base 16', (fd: number) => `0x${fd.toString(16)}`],
    ['a sign', (fd: number) => `+${fd}`],
  ])('throws ERR_BAD_CHANNEL_FD for an open socket written with %s', async (_name, spell) => {
    const env = announced(spell(await openSocketFd()));
    expect(() => takeChannel(env)).toThrow(code('ERR_BAD_CHANNEL_FD'));
    expect(env).toEqual({});
  });

  it('throws ERR_BAD_CHANNEL_FD for a closed descriptor, and the variables are gone', () => {
    const fd = openSync(devNull, 'r');
    closeSync(fd);
    const env = announced(String(fd));
    expect(() => takeChannel(env)).toThrow(code('ERR_BAD_CHANNEL_FD'));
    expect(env).toEqual({});
  });

  it('throws ERR_BAD_CHANNEL_FD for the descriptor of a file, and the variables are gone', () => {
    const fd = openSync(import.meta.filename, 'r');
    onTestFinished(() => closeSync(fd));
    const env = announced(String(fd));
    expect(() => takeChannel(env)).toThrow(code('ERR_BAD_CHANNEL_FD'));
    expect(env).toEqual({});
  });

  it('names what it found, cut short', () => {
    expect(() => takeChannel(announced('9'.repeat(400)))).toThrow(/^DEKA_IPC_FD is "9{40}", which/);
  });
});

function announced(fd: string): NodeJS.ProcessEnv {
  return { DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: fd };
}

/** The descriptor of a listening socket of this process; it stays open until the test has finished. */
async function openSocketFd(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { _handle: handle } = server as unknown as { _handle: { fd: number } };
  return handle.fd;
}
