import { fstatSync, read, write } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { IpcError, reasonOf } from '../errors.js';
import { encodeLine, RawLines, textOf } from './raw-lines.js';

// Node has no dup(), and a net.Socket owns its descriptor: it closes it, and makes it non-blocking for everybody who
// shares it. So the system calls are made through fs, on the thread pool, in whatever mode the descriptor is in.
const readInto = promisify(read);
const writeFrom = promisify(write);

const MAX_LINE_BYTES = 256 * 1024 * 1024;
// Nothing in Node waits for a descriptor it does not own to become ready, so EAGAIN is met with a timer. It starts short
// because a peer that is reading makes room within a millisecond; it ends at a length that costs an idle reader
// next to nothing and that a person does not notice.
const FIRST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 32;

/** By descriptor number; only those with something under way or something kept. */
const descriptors = new Map<number, RawDescriptor>();

/** Writes a text and a line break. Resolves when the kernel has all of it. */
export async function sendLine(fd: number, text: string): Promise<void> {
  const line = encodeLine(text);
  await descriptorAt(fd).send(line);
}

/** Reads up to the next line break. Resolves with null at the end of file. */
export async function readLine(fd: number): Promise<string | null> {
  return descriptorAt(fd).read();
}

/** How many descriptors something is under way or kept for. For tests: the others must be forgotten. */
export function descriptorsInUse(): number {
  return descriptors.size;
}

function descriptorAt(fd: number): RawDescriptor {
  const known = descriptors.get(fd);
  descriptors.delete(fd); // what is kept for a number that is closed by now, or means another file, is nobody's
  const file = fileAt(fd);
  const descriptor = known?.file === file ? known : new RawDescriptor(fd, file);
  descriptors.set(fd, descriptor);
  return descriptor;
}

class RawDescriptor {
  readonly file: string;
  readonly #fd: number;
  readonly #lines = new RawLines(MAX_LINE_BYTES);
  readonly #sends = new Turns();
  readonly #reads = new Turns();

  constructor(fd: number, file: string) {
    this.#fd = fd;
    this.file = file;
  }

  send(line: Buffer): Promise<void> {
    return this.#sends.take(() => this.#write(line)).finally(() => this.#forgetIfIdle());
  }

  read(): Promise<string | null> {
    return this.#reads.take(() => this.#readLine()).finally(() => this.#forgetIfIdle());
  }

  async #write(line: Buffer): Promise<void> {
    let rest = line;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#call('write', fd => writeFrom(fd, rest));
      rest = rest.subarray(bytesWritten);
    }
  }

  async #readLine(): Promise<string | null> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return textOf(line);
      const room = this.#lines.room();
      const { bytesRead } = await this.#call('read', fd => readInto(fd, room, 0, room.length, null));
      if (bytesRead === 0) return textOf(this.#lines.rest());
      this.#lines.filled(bytesRead);
    }
  }

  /** One system call, made again for as long as the descriptor is not ready. */
  async #call<T>(name: 'read' | 'write', call: (fd: number) => Promise<T>): Promise<T> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      // While we waited, the number may have been closed and given to a file that is none of ours.
      if (fileAt(this.#fd) !== this.file) throw reused(this.#fd);
      try {
        return await call(this.#fd);
      } catch (error) {
        if (errnoOf(error) !== 'EAGAIN') throw failure(name, this.#fd, error);
      }
      await delay(waitMs);
    }
  }

  #forgetIfIdle(): void {
    const idle = this.#sends.none && this.#reads.none && this.#lines.empty;
    if (idle && descriptors.get(this.#fd) === this) descriptors.delete(this.#fd);
  }
}

/** One task at a time, in the order they came; one that fails does not stop the next. */
class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #open = 0;

  get none(): boolean {
    return this.#open === 0;
  }

  take<T>(task: () => Promise<T>): Promise<T> {
    this.#open += 1;
    const result = this.#last.then(task).finally(() => {
      this.#open -= 1;
    });
    this.#last = result.catch(() => {});
    return result;
  }
}

/** What a descriptor stands for, as text to compare. Big integers: an inode may be beyond 2 ** 53. */
function fileAt(fd: number): string {
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return `${dev}:${ino}`;
  } catch (cause) {
    throw badFd(fd, reasonOf(cause), cause);
  }
}

function errnoOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}

function failure(name: 'read' | 'write', fd: number, cause: unknown): IpcError {
  switch (errnoOf(cause)) {
    case 'EPIPE':
    case 'ECONNRESET':
      return new IpcError(
        'ERR_CHANNEL_CLOSED',
        `The process at the other end of descriptor ${fd} is gone or reads no more. Stop when childIpcRead() gives null.`,
        { cause },
      );
    case 'EBADF':
    case 'EINVAL':
    case 'EISDIR':
    case 'ENOTCONN':
      return badFd(fd, reasonOf(cause), cause);
    default:
      return new IpcError('ERR_TRANSPORT', `Could not ${name} descriptor ${fd}: ${reasonOf(cause)}.`, {
        cause,
      });
  }
}

function badFd(fd: number, problem: string, cause?: unknown): IpcError {
  return new IpcError(
    'ERR_BAD_CHANNEL_FD',
    `${fd} is no descriptor for this: ${problem}. It must be the number of a socket, pipe or file that is ` +
      'open in this process and stays open until the promise has settled.',
    { cause },
  );
}

function reused(fd: number): IpcError {
  return badFd(fd, 'it was closed meanwhile, and its number given to another file');
}
