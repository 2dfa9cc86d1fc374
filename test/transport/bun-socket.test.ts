import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type BunRuntime,
  type BunSocket,
  type BunSocketHandlers,
  bunSocketTransport,
} from '../../src/transport/bun-socket.js';
import type { Transport } from '../../src/transport/transport.js';

// Bun's part is played here; test/interop has the real one.

const NO_FD = -1;

describe('opening', () => {
  it('takes the descriptor, half-open, and reads nothing until somebody subscribes', () => {
    const bun = new ScriptedBun();
    bunSocketTransport(7, bun);
    expect([bun.opened, bun.calls]).toEqual([{ fd: 7, allowHalfOpen: true }, ['pause']]);
  });

  it.each([
    ['this is not Bun', undefined],
    ['Bun did not open it', { connect: () => Promise.reject(new Error('no')) }],
  ])('throws ERR_TRANSPORT when %s', (_what, runtime) => {
    expect(() => bunSocketTransport(7, runtime)).toThrow(expect.objectContaining({ code: 'ERR_TRANSPORT' }));
  });
});

describe('reading', () => {
  it('emits each chunk and completes at the end, once', () => {
    const { bun, log } = setUp();
    bun.handlers.data(bun, Buffer.from('one'));
    bun.handlers.data(bun, Buffer.from('two'));
    bun.handlers.end();
    bun.handlers.close(bun);
    expect(log).toEqual(['one', 'two', 'complete']);
  });

  it("completes when Bun closes without an 'end'", () => {
    const { bun, log } = setUp();
    bun.handlers.close(bun);
    expect(log).toEqual(['complete']);
  });

  it('errors with what Bun reports', () => {
    const { bun, log } = setUp();
    bun.handlers.error(bun, new Error('reset'));
    bun.handlers.close(bun);
    expect(log).toEqual(['reset']);
  });

  it('tells a late subscriber how it ended', () => {
    const bun = new ScriptedBun();
    const transport = bunSocketTransport(NO_FD, bun);
    bun.handlers.end();
    expect(watch(transport)).toEqual(['complete']);
  });

  it('pauses and resumes Bun once for each change', () => {
    const { bun, transport } = setUp();
    for (const call of ['pause', 'pause', 'resume', 'resume', 'pause'] as const) transport[call]();
    expect(bun.calls).toEqual(['pause', 'resume', 'pause', 'resume', 'pause']);
  });

  it('stays paused for a subscriber that comes after pause()', () => {
    const bun = new ScriptedBun();
    const transport = bunSocketTransport(NO_FD, bun);
    transport.pause();
    watch(transport);
    expect(bun.calls).toEqual(['pause']);
  });

  it('pauses when nobody subscribes any more', () => {
    const bun = new ScriptedBun();
    bunSocketTransport(NO_FD, bun).bytes$.subscribe({}).unsubscribe();
    expect(bun.calls).toEqual(['pause', 'resume', 'pause']);
  });
});

describe('writing', () => {
  it('returns true for what the kernel takes at once, text as UTF-8', () => {
    const { bun, write, taken } = setUp();
    expect([write('é'), write(Buffer.from('x'))]).toEqual([true, true]);
    expect([bun.written, taken]).toEqual(['éx', []]);
  });

  it('writes the rest at each drain and then calls taken', () => {
    const { bun, write, taken } = setUp();
    bun.room = 2;
    expect(write('abcdef')).toBe(false);
    bun.drain(3);
    expect([bun.written, taken]).toEqual(['abcde', []]);
    bun.drain(9);
    expect([bun.written, taken]).toEqual(['abcdef', ['ok']]);
  });

  it('does nothing at a drain with nothing under way', () => {
    const { bun, taken } = setUp();
    bun.drain(9);
    expect([bun.written, taken]).toEqual(['', []]);
  });

  it('retry() writes what there is room for by now, and calls taken no more', () => {
    const { bun, transport, write, taken } = setUp();
    bun.room = 2;
    write('abcd');
    expect(transport.retry?.()).toBe(false);
    bun.room = 9;
    expect(transport.retry?.()).toBe(true);
    bun.drain(9);
    expect([bun.written, taken]).toEqual(['abcd', []]);
  });

  it('ends the writing half at once, or behind the write under way', () => {
    const idle = setUp();
    idle.transport.end();
    expect(idle.bun.calls.at(-1)).toBe('shutdown');

    const busy = setUp();
    busy.bun.room = 0;
    busy.write('last');
    busy.transport.end();
    expect(busy.bun.calls).not.toContain('shutdown');
    busy.bun.drain(9);
    expect([busy.bun.calls.at(-1), busy.bun.written]).toEqual(['shutdown', 'last']);
  });

  it('fails the write under way when Bun closes, and every later one', async () => {
    const { bun, write, taken } = setUp();
    bun.room = 0;
    write('a');
    bun.handlers.close(bun);
    write('b');
    await turn();
    expect(taken).toEqual(['EPIPE', 'EPIPE']);
  });

  it('emits what the peer sent before it died when a write fails, a tick later, and then the error', async () => {
    const { bun, write, taken, log } = setUp(fileWith('its last words'));
    bun.room = -1;
    write('hello?');
    expect([log, taken]).toEqual([[], []]);
    await turn();
    expect(log).toEqual(['its last words', 'the socket was closed during a write']);
    expect(taken).toEqual(['EPIPE']);
  });
});

/** Takes every step at once, as if nobody else had anything to write. */
function toEnd(steps: Iterator<unknown> | undefined): void {
  while (steps?.next().done === false);
}

describe('at exit', () => {
  it('writes the rest of the batch under way, then the queued ones', () => {
    const { bun, transport, write, path } = setUp(fileWith(''));
    bun.room = 2;
    write('abcd');
    toEnd(transport.drainSync?.('abcd', ['é', Buffer.from('x')]));
    expect([bun.written, readFileSync(path, 'utf8')]).toEqual(['ab', 'cdéx']);
  });

  it('does not repeat a batch that the kernel has, though the caller may not know yet', () => {
    const { transport, write, path } = setUp(fileWith(''));
    write('abcd');
    toEnd(transport.drainSync?.('abcd', ['e']));
    expect(readFileSync(path, 'utf8')).toBe('e');
  });

  it('writes nothing to a descriptor that is no longer its own', () => {
    const { bun, transport, path } = setUp(fileWith(''));
    bun.handlers.close(bun);
    toEnd(transport.drainSync?.(undefined, ['e']));
    expect(readFileSync(path, 'utf8')).toBe('');
  });
});

describe('ending', () => {
  it('terminates the socket once, and completes', () => {
    const { bun, transport, log } = setUp();
    transport.destroy();
    transport.destroy();
    expect(log).toEqual(['complete']);
    expect(bun.calls.filter(call => call === 'terminate')).toHaveLength(1);
  });

  it('errors with the reason it was destroyed for', () => {
    const { transport, log } = setUp();
    transport.destroy(new Error('enough'));
    expect(log).toEqual(['enough']);
  });

  it('hands ref and unref down', () => {
    const { bun, transport } = setUp();
    transport.unref();
    transport.ref();
    expect(bun.calls.slice(-2)).toEqual(['unref', 'ref']);
  });
});

/** Bun as the test moves it: `room` is what the kernel has, -1 for a peer that is gone. */
class ScriptedBun implements BunRuntime, BunSocket {
  handlers: BunSocketHandlers = nobody();
  opened: object | undefined;
  room = Number.POSITIVE_INFINITY;
  written = '';
  readonly calls: string[] = [];

  connect({ socket, ...opened }: Parameters<BunRuntime['connect']>[0]): Promise<unknown> {
    this.opened = opened;
    this.handlers = socket;
    socket.open(this);
    return Promise.resolve(this);
  }

  write(bytes: Uint8Array): number {
    if (this.room < 0) return -1;
    const count = Math.min(this.room, bytes.length);
    this.room -= count;
    this.written += Buffer.from(bytes.subarray(0, count)).toString();
    return count;
  }

  drain(room: number): void {
    this.room = room;
    this.handlers.drain();
  }

  terminate(): void {
    this.calls.push('terminate');
    this.handlers.close(this);
  }

  readonly shutdown = this.#call('shutdown');
  readonly pause = this.#call('pause');
  readonly resume = this.#call('resume');
  readonly ref = this.#call('ref');
  readonly unref = this.#call('unref');

  #call(name: string): () => void {
    return () => void this.calls.push(name);
  }
}

function nobody(): BunSocketHandlers {
  const nothing = () => {};
  return {
    binaryType: 'buffer',
    open: nothing,
    data: nothing,
    drain: nothing,
    end: nothing,
    error: nothing,
    close: nothing,
  };
}

interface File {
  readonly fd: number;
  readonly path: string;
}

/** A transport with a subscriber, and what both of them were told. */
function setUp({ fd, path }: File = { fd: NO_FD, path: '' }) {
  const bun = new ScriptedBun();
  const transport = bunSocketTransport(fd, bun);
  const log = watch(transport);
  const taken: unknown[] = [];
  return { bun, transport, log, taken, write, path };

  function write(batch: string | Uint8Array): boolean {
    return transport.write(batch, error => taken.push(error ? (error as NodeJS.ErrnoException).code : 'ok'));
  }
}

function watch({ bytes$ }: Transport): string[] {
  const log: string[] = [];
  bytes$.subscribe({
    next: chunk => log.push(Buffer.from(chunk).toString()),
    error: error => log.push(error.message),
    complete: () => log.push('complete'),
  });
  return log;
}

/** A file stands in for the socket where the descriptor itself is read or written. */
function fileWith(text: string): File {
  const folder = mkdtempSync(join(tmpdir(), 'deka-'));
  const path = join(folder, 'socket');
  writeFileSync(path, text);
  const fd = openSync(path, 'r+');
  onTestFinished(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  return { fd, path };
}
