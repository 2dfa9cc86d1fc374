import type { NetConnectOpts } from 'node:net';
import { IpcError } from '../errors.js';
import { requireUnixSockets } from './platform.js';

/** Where to listen or connect. A string is the path of a Unix domain socket; `host` defaults to `127.0.0.1`. */
export type Address = string | { readonly path: string } | { readonly host?: string; readonly port: number };

/** An {@link Address} in Node's terms, checked. Throws `ERR_SOCKET_PATH`, `ERR_UNSUPPORTED_PLATFORM`,
 * `ERR_INVALID_OPTION`. */
export function toNode(address: Address): NetConnectOpts {
  if (typeof address === 'string') return unixPath(address);
  const {
    path,
    host = '127.0.0.1',
    port,
  } = Object(address) as { path?: unknown; host?: string; port?: unknown };
  if (typeof path === 'string') return unixPath(path);
  if (isPort(port)) return { host, port };
  throw new IpcError(
    'ERR_INVALID_OPTION',
    `An address is a path, { path } or { port }, a whole number from 0 to 65535; its port is ${String(port)}.`,
  );
}

function isPort(port: unknown): port is number {
  return Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535;
}

function unixPath(path: string): { path: string } {
  requireUnixSockets('A socket path');
  // sun_path holds 108 bytes on Linux and 104 on macOS, the last one a NUL. A longer path may be cut without a word.
  const limit = process.platform === 'linux' ? 107 : 103;
  const length = Buffer.byteLength(path);
  if (length > 0 && length <= limit && !path.includes('\0')) return { path };
  const cure = length > limit ? 'Put the socket into a shorter folder' : 'Name a file';
  throw new IpcError(
    'ERR_SOCKET_PATH',
    `The socket path has ${length} bytes; this system takes 1 to ${limit}, none of them NUL: ` +
      `${JSON.stringify(path.slice(0, 120))}. ${cure}, such as one under os.tmpdir().`,
  );
}
