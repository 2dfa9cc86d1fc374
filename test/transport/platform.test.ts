import { describe, expect, it, onTestFinished } from 'vitest';
import { inheritedTransport } from '../../src/transport/inherited.js';
import { requireUnixSockets } from '../../src/transport/platform.js';
import { forkChild, spawnChild } from '../../src/transport/spawn.js';
import { code } from '../support/errors.js';

describe('requireUnixSockets', () => {
  it.each(['linux', 'darwin', 'freebsd', 'aix'] as const)('lets %s pass', platform => {
    expect(() => requireUnixSockets('spawn()', platform)).not.toThrow();
  });

  it('throws ERR_UNSUPPORTED_PLATFORM on Windows, and says what needed the sockets', () => {
    expect(() => requireUnixSockets('spawn()', 'win32')).toThrow(code('ERR_UNSUPPORTED_PLATFORM'));
    expect(() => requireUnixSockets('spawn()', 'win32')).toThrow(/^spawn\(\) needs Unix domain sockets/);
  });

  it('asks about the platform it runs on', () => {
    pretend('win32');
    expect(() => requireUnixSockets('spawn()')).toThrow(code('ERR_UNSUPPORTED_PLATFORM'));
  });
});

describe('on Windows', () => {
  it('starts no child', () => {
    pretend('win32');
    expect(() => spawnChild(process.execPath, ['-e', ''], {})).toThrow(code('ERR_UNSUPPORTED_PLATFORM'));
    expect(() => forkChild('./module.js', [], {})).toThrow(code('ERR_UNSUPPORTED_PLATFORM'));
  });

  it('takes no channel from a parent', () => {
    pretend('win32');
    expect(() => inheritedTransport()).toThrow(code('ERR_UNSUPPORTED_PLATFORM'));
  });
});

function pretend(value: NodeJS.Platform): void {
  const { platform } = process;
  Object.defineProperty(process, 'platform', { value });
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: platform }));
}
