import type { NetConnectOpts } from 'node:net';
import { IpcError } from '../errors.js';
import { requireUnixSockets } from './platform.js';

/** Where to listen or connect. A string is the path of a Unix domain socket; `host` defaults to `127.0.0.1`. */
export type Address = string | { readonly path: string } | { readonly host?: string; readonly port: number };

/** An {@link Address} in Node's terms, checked. Throws `ERR_SOCKET_PATH`, `ERR_UNSUPPORTED_PLATFORM`,
 * `ERR_INVALID_OPTION`. */
export function toNode(address: Address): NetConnectOpts {
  if (typeof address === 'string') return unixPath(address);
  if (
    typeof address === 'object' &&
    address !== null &&
    'path' in address &&
    typeof address.path === 'string'
  )
    return unixPath(address.path);
  const { host = '127.0.0.1', port = undefined } = Object(address) as { host?: string; port?: number };
  if (port !== undefined && Number.isInteger(port) && port >= 0 && port <= 65_535) return { host, port };
  throw new IpcError(
    'ERR_INVALID_OPTION',
    `An address is a path, { path } or { port }, a whole number from 0 to 65535; its port is ${String(port)}.`,
  );
}

function unixPath(path: string): { path: string } {
  requireUnixSockets('A socket path');
  // sun_path holds 108 bytes on Linux and 104 on macOS, the last one a NUL. A longer path may be cut without a word.
  const limit = process.platform === 'linux' ? 107 : 103;
  const length = Buffer.byteLength(path);
  if (length > 0 && length <= limit && !path.includes('\0')) return { path };
  throw new IpcError(
    'ERR_SOCKET_PATH',
    `The socket path has ${length} bytes; this system takes 1 to ${limit}, none of them NUL: ` +
      `${JSON.stringify(path.slice(0, 120))}. ${length > limit ? 'Put the socket into a shorter folder, such as one under os.tmpdir().' : 'Give it the path of a file.'}`,
  );
}
