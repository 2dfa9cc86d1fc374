import { requireUnixSockets } from './transport/platform.js';
import { readLine, sendLine } from './transport/raw-descriptor.js';

/**
 * Writes one line to a raw descriptor: a Unix socket, a pipe or a file. For programs that want the descriptor and
 * nothing on top of it: no envelope, no JSON, no channel.
 *
 * `text` is what stands on the line, without its line break; it is written as UTF-8. The promise resolves when the
 * kernel has the whole line, however little it takes at a time. Calls for one descriptor are served in the order they
 * were made. The descriptor stays open, in the mode (blocking or not) it was in; leave it open until the promise has
 * settled, and do not use it for a channel as well.
 *
 * @throws `ERR_ENCODE` (rejects) for a text with a line break in it, `ERR_BAD_CHANNEL_FD` if `fd` is not open or not
 * writable, `ERR_CHANNEL_CLOSED` if the reader is gone, `ERR_TRANSPORT` for any other failure (a full disk), with
 * the system's error as `cause`; `ERR_UNSUPPORTED_PLATFORM` on Windows.
 * @example
 * await childIpcSend(Number(process.env.DEKA_IPC_FD), '{"cmd":"NODE_HANDLE","msg":"hello"}');
 */
export async function childIpcSend(fd: number, text: string): Promise<void> {
  requireUnixSockets('childIpcSend()');
  await sendLine(fd, text);
}

/**
 * Reads one line of UTF-8 from a raw descriptor, without its line break; `{ message: null }` at the end of file.
 *
 * A last line that no line break ends is delivered like any other, as the Deka original did. Calls for one descriptor
 * are served in the order they were made. What was read beyond the line is kept for the next call with the same `fd`,
 * and dropped if that number has come to mean another file meanwhile (another device or inode). Two cases escape
 * this: one regular file, closed and opened again under its old number, counts as the same; and a `dup` is another
 * number, so it does not get what was kept. The descriptor stays open and in the mode it was in.
 *
 * **While it waits** on a descriptor in blocking mode (what `stdio: 'pipe'` gives a child, on Node 20 to 26) it
 * occupies one thread of Node's pool. Four such reads (or what `UV_THREADPOOL_SIZE` says) leave none for `fs`, `dns` and
 * `childIpcSend`. And `process.exit()`, or an uncaught exception, **ends the process only when that read ends**: when
 * the peer writes, ends or dies. A process that must be able to leave at any time puts the descriptor into non-blocking
 * mode first. Then a waiting read holds no thread and no exit, and looks for bytes every 32 ms at the latest:
 * `const keep = new net.Socket({ fd, readable: false, writable: false })`, which does nothing else as long as nobody
 * destroys it. The mode holds for every process that shares the descriptor.
 *
 * @throws `ERR_DECODE` (rejects) for a line that is not valid UTF-8 and `ERR_FRAME_TOO_LARGE` for one over 256 MiB;
 * the next call gets the next line. `ERR_BAD_CHANNEL_FD` if `fd` is not open or not readable, `ERR_CHANNEL_CLOSED` if
 * the peer died with bytes of ours unread, `ERR_TRANSPORT` for any other failure, with the system's error as
 * `cause`; `ERR_UNSUPPORTED_PLATFORM` on Windows.
 * @example
 * const { message } = await childIpcRead(Number(process.env.DEKA_IPC_FD));
 * if (message === null) console.log('the parent has ended');
 */
export async function childIpcRead(fd: number): Promise<{ message: string | null }> {
  requireUnixSockets('childIpcRead()');
  return { message: await readLine(fd) };
}
