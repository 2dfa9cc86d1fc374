import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect as netConnect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { streamTransport } from '../../src/transport/stream-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { collect } from '../support/collect.js';
import { post } from '../support/post.js';

const BROKEN = new Error('broken');

describe('reading', () => {
  it('emits each chunk as it comes', async () => {
    const readable = new PassThrough();
    const log = watch(streamTransport(readable, new PassThrough()));
    readable.write('one');
    await turn();
    readable.write('two');
    await turn();
    expect(log.events).toEqual(['one', 'two']);
  });

  it('keeps what came before anyone subscribed', async () => {
    const readable = new PassThrough();
    const transport = streamTransport(readable, new PassThrough());
    readable.write('early');
    await turn();
    const log = watch(transport);
    await turn();
    expect(log.events).toEqual(['early']);
  });

  it('turns the strings of a readable with an encoding back into its bytes', async () => {
    const readable = new PassThrough({ encoding: 'utf8' });
    const chunks: Uint8Array[] = [];
    streamTransport(readable, new PassThrough()).bytes$.subscribe({ next: chunk => chunks.push(chunk) });
    readable.write(Buffer.from('漢').subarray(0, 1)); // the encoding holds back half a character
    readable.end(Buffer.from('漢é').subarray(1));
    await once(readable, 'close');
    expect(chunks.every(chunk => chunk instanceof Uint8Array)).toBe(true);
    expect(Buffer.concat(chunks)).toEqual(Buffer.from('漢é'));
  });

  it('completes when the readable ends', async () => {
    const readable = new PassThrough();
    const log = watch(streamTransport(readable, new PassThrough()));
    readable.end('last');
    await log.over;
    expect(log.events).toEqual(['last', 'complete']);
  });

  it('completes when the readable is destroyed without an error', async () => {
    const readable = new PassThrough();
    const log = watch(streamTransport(readable, new PassThrough()));
    readable.destroy();
    await log.over;
    expect(log.events).toEqual(['complete']);
  });

  it('leaves no listener on the readable once it is over', async () => {
    const readable = new PassThrough();
    const log = watch(streamTransport(readable, new PassThrough()));
    readable.destroy();
    await log.over;
    expect(['data', 'end', 'close'].map(name => readable.listenerCount(name))).toEqual([0, 0, 0]);
  });

  it('emits nothing to a subscriber that has left', async () => {
    const readable = new PassThrough();
    const events: string[] = [];
    const subscription = streamTransport(readable, new PassThrough()).bytes$.subscribe({
      next: chunk => events.push(String(chunk)),
    });
    subscription.unsubscribe();
    readable.end('late');
    await turn();
    expect(events).toEqual([]);
  });
});

describe('pause and resume', () => {
  it('stops reading and goes on where it stopped', async () => {
    const readable = new PassThrough();
    const transport = streamTransport(readable, new PassThrough());
    const log = watch(transport);
    transport.pause();
    readable.write('later');
    await turn();
    expect(log.events).toEqual([]);
    transport.resume();
    await turn();
    expect(log.events).toEqual(['later']);
  });

  it('stays paused when someone subscribes after the pause', async () => {
    const readable = new PassThrough();
    const transport = streamTransport(readable, new PassThrough());
    transport.pause();
    readable.write('later');
    const log = watch(transport);
    await turn();
    expect(log.events).toEqual([]);
  });
});

describe('errors', () => {
  it('of the readable reach the subscriber', async () => {
    const readable = new PassThrough();
    const log = watch(streamTransport(readable, new PassThrough()));
    readable.destroy(BROKEN);
    await log.over;
    expect(log.events).toEqual([BROKEN]);
  });

  it('of the writable reach the subscriber', async () => {
    const writable = new PassThrough();
    const log = watch(streamTransport(new PassThrough(), writable));
    writable.destroy(BROKEN);
    await log.over;
    expect(log.events).toEqual([BROKEN]);
  });

  it('of both are told once, the first one', async () => {
    const [readable, writable] = [new PassThrough(), new PassThrough()];
    const log = watch(streamTransport(readable, writable));
    writable.destroy(BROKEN);
    readable.destroy(new Error('second'));
    await turn();
    expect(log.events).toEqual([BROKEN]);
  });

  it('before anyone subscribed crash nothing and are delivered at subscription', async () => {
    const readable = new PassThrough();
    const transport = streamTransport(readable, new PassThrough());
    readable.destroy(BROKEN);
    await turn();
    expect(watch(transport).events).toEqual([BROKEN]);
  });

  it('before anyone subscribed are delivered as the first one, of several', async () => {
    const [readable, writable] = [new PassThrough(), new PassThrough()];
    const transport = streamTransport(readable, writable);
    writable.destroy(BROKEN);
    await turn();
    readable.destroy(new Error('second'));
    await turn();
    expect(watch(transport).events).toEqual([BROKEN]);
  });

  it('after the end crash nothing', async () => {
    const [readable, writable] = [new PassThrough(), new PassThrough()];
    const log = watch(streamTransport(readable, writable));
    readable.end();
    await log.over;
    writable.destroy(BROKEN);
    await turn();
    expect(log.events).toEqual(['complete']);
  });

  it('of one duplex stream are listened to once', () => {
    const duplex = new PassThrough();
    streamTransport(duplex, duplex);
    expect(duplex.listenerCount('error')).toBe(1);
  });
});

describe('writing', () => {
  it('hands the bytes to the writable and calls taken when it has them', async () => {
    const { writable, written, accept } = heldWritable();
    const taken: unknown[] = [];
    post(streamTransport(new PassThrough(), writable), Buffer.from('bytes'), error => taken.push(error));
    await turn();
    expect([written, taken]).toEqual([['bytes'], []]);
    accept();
    await turn();
    expect(taken).toHaveLength(1);
    expect(taken[0] ?? undefined).toBeUndefined();
  });

  it('frees the memory of a write with a socket, and not with a stream that may have passed it on', async () => {
    const [socket, peer] = await sockets();
    peer.bytes$.subscribe({});
    const stream = new PassThrough();
    stream.resume();
    expect(await answerTo(socket)).toEqual([null, true]);
    expect(await answerTo(streamTransport(stream, stream))).toEqual([null, false]);
  });

  it('calls taken with the error of the writable', async () => {
    const { writable, accept } = heldWritable();
    const transport = streamTransport(new PassThrough(), writable);
    const taken: unknown[] = [];
    post(transport, Buffer.from('bytes'), error => taken.push(error));
    accept(BROKEN);
    await turn();
    expect(taken).toEqual([BROKEN]);
  });

  it('calls taken once with an error after the transport was destroyed', async () => {
    const transport = streamTransport(new PassThrough(), new PassThrough());
    transport.destroy();
    const taken: unknown[] = [];
    post(transport, Buffer.from('late'), error => taken.push(error));
    await turn();
    expect(taken).toEqual([expect.objectContaining({ code: 'EPIPE' })]);
  });

  it('ends the writable and goes on reading', async () => {
    const [readable, writable] = [new PassThrough(), new PassThrough()];
    const transport = streamTransport(readable, writable);
    const log = watch(transport);
    transport.end();
    await once(writable.resume(), 'end');
    readable.write('still here');
    await turn();
    expect(log.events).toEqual(['still here']);
  });
});

describe('ref and unref', () => {
  it('do nothing on streams that have none', () => {
    const transport = streamTransport(new PassThrough(), new PassThrough());
    expect(() => transport.ref()).not.toThrow();
    expect(() => transport.unref()).not.toThrow();
  });

  it('reach a stream that has them', () => {
    const calls: string[] = [];
    const countable = Object.assign(new PassThrough(), {
      ref: () => calls.push('ref'),
      unref: () => calls.push('unref'),
    });
    const transport = streamTransport(countable, new PassThrough());
    transport.unref();
    transport.ref();
    expect(calls).toEqual(['unref', 'ref']);
  });
});

describe('destroy', () => {
  it('destroys both streams', () => {
    const [readable, writable] = [new PassThrough(), new PassThrough()];
    streamTransport(readable, writable).destroy();
    expect([readable.destroyed, writable.destroyed]).toEqual([true, true]);
  });

  it('completes bytes$ without a reason', async () => {
    const transport = streamTransport(new PassThrough(), new PassThrough());
    const log = watch(transport);
    transport.destroy();
    await log.over;
    expect(log.events).toEqual(['complete']);
  });

  it('errors bytes$ with the reason', () => {
    const transport = streamTransport(new PassThrough(), new PassThrough());
    const log = watch(transport);
    transport.destroy(BROKEN);
    expect(log.events).toEqual([BROKEN]);
  });

  it('tells one who subscribes later the reason', () => {
    const transport = streamTransport(new PassThrough(), new PassThrough());
    transport.destroy(BROKEN);
    expect(watch(transport).events).toEqual([BROKEN]);
  });

  it('may be called twice, even with another reason', async () => {
    const transport = streamTransport(new PassThrough(), new PassThrough());
    const log = watch(transport);
    transport.destroy(BROKEN);
    transport.destroy(new Error('second'));
    await turn();
    expect(log.events).toEqual([BROKEN]);
  });
});

describe('over a socket', () => {
  it('carries bytes both ways', async () => {
    const [left, right] = await sockets();
    const [atLeft, atRight] = [watch(left), watch(right)];
    left.write(Buffer.from('to the right'), () => {});
    right.write(Buffer.from('to the left'), () => {});
    left.end();
    right.end();
    await Promise.all([atLeft.over, atRight.over]);
    expect([atLeft.events, atRight.events]).toEqual([
      ['to the left', 'complete'],
      ['to the right', 'complete'],
    ]);
  });

  it('goes on writing to a peer that has ended its side, whatever socket it was given', async () => {
    const [transport, , peer] = await sockets(false);
    const ended = collect(transport.bytes$).completed;
    peer.end();
    await ended;
    post(transport, 'late', () => {});
    const [chunk] = await once(peer, 'data');
    expect(String(chunk)).toBe('late');
  });

  it('calls taken once when it is destroyed with a write under way', async () => {
    const [left, right] = await sockets();
    right.pause();
    const taken: unknown[] = [];
    const answered = new Promise<void>(resolve => {
      post(left, Buffer.alloc(32 * 1024 * 1024), error => {
        taken.push(error);
        resolve();
      });
    });
    left.destroy();
    await answered;
    await turn();
    expect(taken).toHaveLength(1);
  });

  it('emits what the peer sent before it died when a write fails, and then the error', async () => {
    const [left, , peer] = await sockets();
    const log = watch(left);
    left.pause();
    await new Promise<void>(resolve => peer.write('last words', () => resolve()));
    peer.destroy();
    await writeUntilItFails(left);
    await log.over;
    expect(log.events).toEqual(['last words', expect.objectContaining({ code: 'EPIPE' })]);
  });

  it('errors when the peer resets the link', async () => {
    const [left, right] = await sockets();
    const log = watch(left);
    right.pause();
    await new Promise<void>(resolve => post(left, Buffer.from('never read'), () => resolve()));
    right.destroy(); // a peer that closes with bytes unread
    await log.over;
    expect(log.events).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
  });
});

/** What `bytes$` said, in order: chunks as text, then `'complete'` or the error. */
function watch(transport: Transport) {
  const events: unknown[] = [];
  const over = new Promise<void>(resolve => {
    transport.bytes$.subscribe({
      next: chunk => events.push(Buffer.from(chunk).toString()),
      error: error => resolve(void events.push(error)),
      complete: () => resolve(void events.push('complete')),
    });
  });
  return { events, over };
}

/** A writable that has a write under way until the test accepts it. */
function heldWritable() {
  const written: string[] = [];
  let answer: (error?: Error | null) => void = () => {};
  const writable = new Writable({
    write: (chunk, _encoding, callback) => {
      written.push(String(chunk));
      answer = callback;
    },
  });
  return { writable, written, accept: (error?: Error) => answer(error) };
}

/** What `taken` is called with for a write that cannot be taken at once. */
function answerTo(transport: Transport): Promise<unknown[]> {
  return new Promise(resolve => {
    const taken = (...answer: unknown[]) => resolve(answer);
    expect(transport.write(Buffer.alloc(4_000_000), taken)).toBe(false);
  });
}

async function writeUntilItFails(transport: Transport): Promise<void> {
  const failed = () =>
    new Promise<boolean>(resolve => post(transport, Buffer.from('there?'), error => resolve(Boolean(error))));
  while (!(await failed()));
}

/** Both ends of a Unix socket as transports, and the bare socket of the second one. */
async function sockets(allowHalfOpen = true): Promise<[Transport, Transport, Socket]> {
  const folder = mkdtempSync(join(tmpdir(), 'deka-'));
  const server = createServer({ allowHalfOpen: true });
  server.listen(join(folder, 's'));
  await once(server, 'listening');
  const left = netConnect({ path: join(folder, 's'), allowHalfOpen });
  const [[right]] = (await Promise.all([once(server, 'connection'), once(left, 'connect')])) as [
    [Socket],
    unknown,
  ];
  onTestFinished(() => {
    for (const socket of [left, right]) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return [streamTransport(left, left), streamTransport(right, right), right];
}
