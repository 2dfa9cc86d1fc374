import { describe, expect, it, onTestFinished } from 'vitest';
import { toNode } from '../../src/transport/address.js';
import { code } from '../support/errors.js';

describe('toNode', () => {
  it('takes a string for the path of a Unix socket', () => {
    expect(toNode('/tmp/a.sock')).toEqual({ path: '/tmp/a.sock' });
  });

  it('takes a path', () => {
    expect(toNode({ path: '/tmp/a.sock' })).toEqual({ path: '/tmp/a.sock' });
  });

  it('takes a host and a port', () => {
    expect(toNode({ host: '::1', port: 80 })).toEqual({ host: '::1', port: 80 });
  });

  it('stays on this machine when no host is named', () => {
    expect(toNode({ port: 80 })).toEqual({ host: '127.0.0.1', port: 80 });
  });

  it.each([
    ['linux', 107],
    ['darwin', 103],
    ['freebsd', 103],
  ] as const)('on %s takes paths up to %i bytes', (platform, limit) => {
    pretend(platform);
    expect(toNode('x'.repeat(limit))).toEqual({ path: 'x'.repeat(limit) });
    expect(() => toNode('x'.repeat(limit + 1))).toThrow(code('ERR_SOCKET_PATH'));
  });

  it('counts bytes, not characters', () => {
    pretend('linux');
    expect(toNode(`${'é'.repeat(53)}x`)).toEqual({ path: `${'é'.repeat(53)}x` });
    expect(() => toNode('é'.repeat(54))).toThrow(/has 108 bytes; this system takes 1 to 107/);
  });

  it.each(['', '\0abstract', '/tmp/a\0b'])('refuses the path %j', path => {
    expect(() => toNode(path)).toThrow(code('ERR_SOCKET_PATH'));
    expect(() => toNode({ path })).toThrow(code('ERR_SOCKET_PATH'));
  });

  it('refuses a path where there are no Unix sockets, and still takes a port', () => {
    pretend('win32');
    expect(() => toNode('/tmp/a.sock')).toThrow(code('ERR_UNSUPPORTED_PLATFORM'));
    expect(toNode({ port: 80 })).toEqual({ host: '127.0.0.1', port: 80 });
  });
});

function pretend(value: NodeJS.Platform): void {
  const { platform } = process;
  Object.defineProperty(process, 'platform', { value });
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: platform }));
}
