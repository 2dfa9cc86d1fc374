import { describe, expect, it, vi } from 'vitest';
import { channelOver, open } from '../../src/channel/open.js';
import { planOf, resolveOptions } from '../../src/channel/options.js';
import { IpcError } from '../../src/errors.js';
import { contentLength } from '../../src/streams/content-length.js';
import { bare } from '../../src/streams/envelope.js';
import { json } from '../../src/streams/json.js';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';
import { collect, turns } from '../support/collect.js';
import { line, linesOf } from '../support/deka-lines.js';
import { code, thrownBy } from '../support/errors.js';
import { uncaughtDuring } from '../support/uncaught.js';

const epipe = () => Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });

describe('sending', () => {
  it('puts all sends of a tick into one write, in order', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    channel.send({ id: 1 });
    channel.sendMany([2, 'three']);
    channel.send(null);
    expect(transport.written).toEqual([]);
    await channel.flush();
    expect(transport.written).toEqual([linesOf({ id: 1 }, 2, 'three', null)]);
  });

  it('encodes at once: a later change to the message changes nothing', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const message = { id: 1 };
    channel.send(message);
    message.id = 2;
    await channel.flush();
    expect(transport.written).toEqual([line({ id: 1 })]);
  });

  it.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a bigint', 1n],
    ['toJSON() that returns undefined', { toJSON: () => undefined }],
  ])('throws ERR_ENCODE for %s, and the channel stays usable', async (_what, message) => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    expect(thrownBy(() => channel.send(message))).toEqual(code('ERR_ENCODE'));
    channel.send('fine');
    await channel.flush();
    expect(transport.written).toEqual([line('fine')]);
  });

  it('sends none of many if one cannot be encoded', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    expect(thrownBy(() => channel.sendMany([1, undefined, 3]))).toEqual(code('ERR_ENCODE'));
    expect(channel.queuedBytes).toBe(0);
    await channel.flush();
    expect(transport.written).toEqual([]);
  });

  it('takes a hole in a list for undefined', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const list: unknown[] = [1];
    list[2] = 3;
    expect(thrownBy(() => channel.sendMany(list))).toEqual(code('ERR_ENCODE'));
    await channel.flush();
    expect(transport.written).toEqual([]);
  });

  it('calls back with null once taken, never in the same tick', async () => {
    const transport = new ScriptedTransport();
    transport.answering = 'by hand';
    const channel = open(transport);
    const callback = vi.fn();
    channel.send(1, callback);
    channel.sendMany([2, 3], callback);
    await turns();
    expect(callback).not.toHaveBeenCalled();
    transport.release();
    expect(callback).not.toHaveBeenCalled();
    await channel.flush();
    await turns();
    expect(callback.mock.calls).toEqual([[null], [null]]);
  });

  it('calls back for an empty sendMany too', async () => {
    const channel = open(new ScriptedTransport());
    expect(await new Promise(resolve => channel.sendMany([], resolve))).toBeNull();
  });

  it('returns false at the high-water mark, drains once, and is then ready', async () => {
    const transport = new ScriptedTransport();
    transport.answering = 'by hand';
    const channel = open(transport, { highWaterMarkBytes: 200, lowWaterMarkBytes: 0 });
    const drains = collect(channel.drain$);
    expect(channel.send('x'.repeat(20))).toBe(true);
    expect(channel.send('x'.repeat(100))).toBe(false);
    const ready = vi.fn();
    void channel.ready().then(ready);
    await turns();
    expect(ready).not.toHaveBeenCalled();
    expect(drains.values).toHaveLength(0);
    transport.release();
    await vi.waitFor(() => expect(ready).toHaveBeenCalled());
    expect(drains.values).toHaveLength(1);
    expect(channel.send('x')).toBe(true);
  });

  it('throws ERR_QUEUE_FULL past maxQueueBytes; what was accepted still goes out', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport, { maxQueueBytes: 200 });
    channel.send('fits');
    expect(thrownBy(() => channel.send('x'.repeat(200)))).toEqual(code('ERR_QUEUE_FULL'));
    await channel.flush();
    expect(transport.written).toEqual([line('fits')]);
  });
});

describe('receiving', () => {
  it('delivers what the peer sent, however it was cut', () => {
    const transport = new ScriptedTransport();
    const { values } = collect(open(transport).messages$);
    const text = linesOf({ id: 1 }, [2], 'drei');
    transport.receive(text.slice(0, 10));
    transport.receive(text.slice(10, -3));
    transport.receive(text.slice(-3));
    expect(values).toEqual([{ id: 1 }, [2], 'drei']);
  });

  it.each([
    ['a line that is not JSON', 'oops\n', 'ERR_DECODE'],
    ['a line without the envelope', '{"id":1}\n', 'ERR_BAD_ENVELOPE'],
    ['an empty line', '\n', 'ERR_DECODE'],
    ['an over-long line', `${'x'.repeat(2000)}\n`, 'ERR_FRAME_TOO_LARGE'],
    ['another cmd', '{"cmd":"NODE_OTHER","msg":1}\n', 'ERR_BAD_ENVELOPE'],
  ])('reports %s on failures$ and delivers its neighbours', (_what, bad, expected) => {
    const transport = new ScriptedTransport();
    const channel = open(transport, { maxFrameBytes: 1000 });
    const { values } = collect(channel.messages$);
    const failures = collect(channel.failures$);
    transport.receive(line('before') + bad + line('after'));
    expect(values).toEqual(['before', 'after']);
    expect(failures.values).toEqual([code(expected)]);
    expect(failures.values[0]).toBeInstanceOf(IpcError);
    expect(channel.metrics().badFrames).toBe(1);
  });

  it('reports a line of invalid UTF-8 and delivers its neighbours', () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const { values } = collect(channel.messages$);
    const failures = collect(channel.failures$);
    transport.receive(
      Buffer.concat([Buffer.from(line(1)), Buffer.from([0x22, 0xff, 0x22, 0x0a]), Buffer.from(line(2))]),
    );
    expect(values).toEqual([1, 2]);
    expect(failures.values).toEqual([code('ERR_DECODE')]);
  });

  it('ends with the failure when told to close on a bad frame', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport, { onBadFrame: 'close' });
    const { completed } = collect(channel.messages$);
    transport.receive(`${line(1)}oops\n${line(2)}oops\n`);
    expect(await completed).toEqual([1]);
    expect(channel.metrics()).toMatchObject({ badFrames: 1, received: { messages: 1 } });
    expect(await channel.closed).toEqual({ error: code('ERR_DECODE') });
    expect(transport.calls).toContain('destroy');
  });

  it('survives a subscriber that throws: the next message comes, and so do the other subscribers', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const uncaught = await uncaughtDuring(2, () => {
      channel.messages$.subscribe(() => {
        throw new Error('in a subscriber');
      });
      const { values } = collect(channel.messages$);
      transport.receive(linesOf(1));
      transport.receive(linesOf(2));
      expect(values).toEqual([1, 2]);
    });
    expect(uncaught).toEqual([new Error('in a subscriber'), new Error('in a subscriber')]);
  });

  it('lets a subscriber send, unsubscribe and close from inside', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const subscription = channel.messages$.subscribe(message => {
      channel.send(`got ${message}`);
      subscription.unsubscribe();
      void channel.close();
    });
    transport.receive(linesOf(1, 2));
    await turns();
    expect(transport.written).toEqual([line('got 1')]);
    expect(transport.calls).toContain('end');
  });

  it('pauses the link for a loop that does not keep up, and resumes it', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const iterator = channel[Symbol.asyncIterator]();
    transport.receive(linesOf(1, 2));
    expect(transport.calls.at(-1)).toBe('pause');
    await iterator.next();
    expect(transport.calls.at(-1)).toBe('pause');
    await iterator.next();
    expect(transport.calls.at(-1)).toBe('resume');
  });

  it('reports what failed before anybody subscribed to failures$, up to a hundred', () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    transport.receive('oops\n'.repeat(150));
    const { values } = collect(channel.failures$);
    expect(values).toHaveLength(100);
    transport.receive('oops\n');
    expect(values).toHaveLength(101);
    expect(channel.metrics().badFrames).toBe(151);
  });
});

describe('ending', () => {
  it('close() sends what is queued, ends the link, and waits for the peer to end', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const { values } = collect(channel.messages$);
    channel.send('last');
    const closed = channel.close();
    expect(channel.connected).toBe(false);
    await vi.waitFor(() => expect(transport.calls).toContain('end'));
    expect(transport.written).toEqual([line('last')]);
    transport.receive(line('answer'));
    transport.peerEnds();
    await closed;
    expect(values).toEqual(['answer']);
    expect(await channel.closed).toBe('local');
    expect(transport.calls).toContain('destroy');
  });

  it('close() does not end the link before what is queued is taken', async () => {
    const transport = new ScriptedTransport('by hand');
    const channel = open(transport);
    channel.send('last');
    void channel.close();
    await turns();
    expect(transport.calls).not.toContain('end');
    transport.release();
    await turns();
    expect(transport.calls).toContain('end');
  });

  it('close() does not wait longer than closeTimeoutMs for a peer that does nothing', async () => {
    const transport = new ScriptedTransport();
    transport.answering = 'by hand';
    const channel = open(transport, { closeTimeoutMs: 20 });
    const callback = vi.fn();
    channel.send('never taken', callback);
    await channel.close();
    await turns();
    expect(callback).toHaveBeenCalledExactlyOnceWith(code('ERR_CHANNEL_CLOSED'));
    transport.release();
    await turns();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('close() twice is one close', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport, { closeTimeoutMs: 10 });
    await Promise.all([channel.close(), channel.close(), channel[Symbol.asyncDispose]()]);
    expect(transport.calls.filter(call => call === 'end')).toHaveLength(1);
  });

  it('the end of the peer completes messages$ and ends the channel', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const { completed } = collect(channel.messages$);
    transport.receive(line(1));
    transport.peerEnds();
    expect(await completed).toEqual([1]);
    expect(await channel.closed).toBe('peer');
    expect(channel.connected).toBe(false);
    expect(transport.calls).toEqual(expect.arrayContaining(['end', 'destroy']));
  });

  it('what is sent in answer to the end of input still goes out', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    channel.messages$.subscribe({ complete: () => channel.send('from complete') });
    const looped = (async () => {
      for await (const _ of channel);
      channel.send('after the loop');
    })();
    transport.peerEnds();
    await looped;
    await channel.closed;
    expect(transport.written.join('')).toBe(linesOf('from complete', 'after the loop'));
  });

  it('a framing that is lost ends the channel with the failure, after the messages before it', async () => {
    const link = new ScriptedTransport();
    const channel = open(link, { framing: contentLength(), envelope: bare() });
    const [messages, failures] = [collect(channel.messages$), collect(channel.failures$)];
    const sent = vi.fn();
    link.answering = 'by hand';
    channel.send('too late', sent);
    await turns();
    link.receive(`${contentLength().join('1')}oops\r\n\r\n${contentLength().join('2')}`);
    expect(await channel.closed).toEqual({ error: code('ERR_FRAMING_LOST') });
    expect(await messages.completed).toEqual([1]);
    expect(await failures.completed).toEqual([code('ERR_FRAMING_LOST')]);
    await turns();
    expect(sent).toHaveBeenCalledExactlyOnceWith(code('ERR_CHANNEL_CLOSED'));
    expect(link.calls).toContain('destroy');
  });

  it('a link that ends inside a line reports that on failures$', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const failures = collect(channel.failures$);
    transport.receive('{"cmd":');
    transport.peerEnds();
    expect(await failures.completed).toEqual([code('ERR_DECODE')]);
  });

  it('a link that breaks ends the channel with ERR_TRANSPORT and the cause', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport);
    const { completed } = collect(channel.messages$);
    const cause = new Error('cable cut');
    transport.break(cause);
    expect(await channel.closed).toEqual({
      error: expect.objectContaining({ code: 'ERR_TRANSPORT', cause }),
    });
    expect(await completed).toEqual([]);
  });

  it.each(['EPIPE', 'ECONNRESET'])('%s is the peer leaving, and fails what was queued once', async errno => {
    const transport = new ScriptedTransport();
    transport.writeError = Object.assign(new Error(errno), { code: errno });
    const channel = open(transport);
    const callback = vi.fn();
    channel.send(1, callback);
    expect(await channel.closed).toBe('peer');
    await turns();
    expect(callback).toHaveBeenCalledExactlyOnceWith(code('ERR_CHANNEL_CLOSED'));
  });

  it('destroy() drops what is queued and what is unread, and says so to the callbacks', async () => {
    const transport = new ScriptedTransport();
    transport.answering = 'by hand';
    const channel = open(transport);
    const callback = vi.fn();
    channel.send('under way', callback);
    await turns();
    channel.send('queued', callback);
    transport.receive(line('unread'));
    channel.destroy();
    expect(await channel.closed).toBe('local');
    expect(await collect(channel.messages$).completed).toEqual([]);
    await turns();
    expect(callback.mock.calls).toEqual([[code('ERR_CHANNEL_CLOSED')], [code('ERR_CHANNEL_CLOSED')]]);
  });

  it('send throws after destroy(reason) and after an aborted signal, as after destroy()', () => {
    const aborted = open(new ScriptedTransport(), { signal: AbortSignal.abort() });
    const destroyed = open(new ScriptedTransport());
    destroyed.destroy(new Error('enough'));
    for (const channel of [aborted, destroyed]) {
      const error = thrownBy(() => channel.send(1));
      expect(error).toMatchObject({
        code: 'ERR_CHANNEL_CLOSED',
        message: expect.stringContaining('this side'),
      });
    }
  });

  it('destroy(reason) gives the reason to closed', async () => {
    const channel = open(new ScriptedTransport());
    const reason = new Error('enough');
    channel.destroy(reason);
    expect(await channel.closed).toEqual({ error: expect.objectContaining({ cause: reason }) });
  });

  it('an aborted signal destroys the channel, before or after it was opened', async () => {
    const controller = new AbortController();
    const early = open(new ScriptedTransport(), { signal: AbortSignal.abort(new Error('too early')) });
    const late = open(new ScriptedTransport(), { signal: controller.signal });
    controller.abort(new Error('too late'));
    expect(await early.closed).toEqual({
      error: expect.objectContaining({ message: expect.stringContaining('too early') }),
    });
    expect(await late.closed).toEqual({
      error: expect.objectContaining({ message: expect.stringContaining('too late') }),
    });
  });

  it('flush() and ready() reject when the channel ends first', async () => {
    const transport = new ScriptedTransport();
    transport.answering = 'by hand';
    const channel = open(transport, { highWaterMarkBytes: 1 });
    channel.send(1);
    const waits = [channel.flush(), channel.ready()];
    channel.destroy();
    for (const wait of waits) await expect(wait).rejects.toEqual(code('ERR_CHANNEL_CLOSED'));
    await expect(channel.ready()).rejects.toEqual(code('ERR_CHANNEL_CLOSED'));
  });

  it('completes failures$ and drain$', async () => {
    const channel = open(new ScriptedTransport());
    const ends = [collect(channel.failures$).completed, collect(channel.drain$).completed];
    channel.destroy();
    expect(await Promise.all(ends)).toEqual([[], []]);
  });
});

describe('sending after the end', () => {
  it('throws ERR_CHANNEL_CLOSED to a caller that closed the channel itself', async () => {
    const channel = open(new ScriptedTransport(), { closeTimeoutMs: 10 });
    const closed = channel.close();
    expect(thrownBy(() => channel.send(1))).toEqual(code('ERR_CHANNEL_CLOSED'));
    await closed;
    expect(thrownBy(() => channel.sendMany([1]))).toEqual(code('ERR_CHANNEL_CLOSED'));
  });

  it('is false, not a throw, when it was the peer that left', async () => {
    const transport = new ScriptedTransport();
    transport.writeError = epipe();
    const channel = open(transport);
    channel.send(1);
    await channel.closed;
    expect(channel.send(2)).toBe(false);
    await expect(channel.ready()).rejects.toEqual(code('ERR_CHANNEL_CLOSED'));
  });

  it('tells the callback, on a later tick, and returns false', async () => {
    const channel = open(new ScriptedTransport());
    channel.destroy();
    const callback = vi.fn();
    expect(channel.send(1, callback)).toBe(false);
    expect(callback).not.toHaveBeenCalled();
    await turns();
    expect(callback).toHaveBeenCalledExactlyOnceWith(code('ERR_CHANNEL_CLOSED'));
  });
});

describe('keeping the event loop alive', () => {
  it('is left to the link by default', () => {
    const transport = new ScriptedTransport();
    open(transport).messages$.subscribe();
    expect(transport.calls).toEqual([]);
  });

  it('happens only while somebody consumes, on a channel to the parent', () => {
    const transport = new ScriptedTransport();
    const channel = channelOver(transport, planOf({}), { keepAlive: 'while consumed' });
    const subscription = channel.messages$.subscribe();
    subscription.unsubscribe();
    expect(transport.calls).toEqual(['unref', 'ref', 'unref']);
  });

  it('is no longer counted after an explicit ref() or unref()', () => {
    const transport = new ScriptedTransport();
    const channel = channelOver(transport, planOf({}), { keepAlive: 'while consumed' });
    channel.ref();
    channel.messages$.subscribe().unsubscribe();
    expect(transport.calls).toEqual(['unref', 'ref']);
  });

  it('happens while close() is under way', () => {
    const transport = new ScriptedTransport();
    void channelOver(transport, planOf({}), { keepAlive: 'while consumed' }).close();
    expect(transport.calls).toContain('ref');
  });
});

describe('options', () => {
  it('of time may be Infinity, which Node would take for a millisecond', () => {
    const { closeTimeoutMs, handleTimeoutMs } = resolveOptions({
      closeTimeoutMs: Number.POSITIVE_INFINITY,
      handleTimeoutMs: 2 ** 31,
    });
    expect([closeTimeoutMs, handleTimeoutMs]).toEqual([2 ** 31 - 1, 2 ** 31 - 1]);
  });

  it.each([
    [{ highWaterMarkBytes: 0 }],
    [{ highWaterMarkBytes: Number.NaN }],
    [{ lowWaterMarkBytes: -1 }],
    [{ lowWaterMarkBytes: 2, highWaterMarkBytes: 1 }],
    [{ maxQueueBytes: 0 }],
    [{ maxFrameBytes: -5 }],
    [{ maxBatchBytes: 0 }],
    [{ closeTimeoutMs: -1 }],
    [{ handleTimeoutMs: Number.NaN }],
    [{ onBadFrame: 'Close' as 'close' }],
    [{ codec: json as never }], // not called
    [{ exitDrainMs: Number.NaN }],
  ])('%o is ERR_INVALID_OPTION and names the option', options => {
    const error = thrownBy(() => open(new ScriptedTransport(), options));
    expect(error).toEqual(code('ERR_INVALID_OPTION'));
    expect(String(error)).toContain(Object.keys(options)[0]);
  });
});

describe('metrics()', () => {
  it('counts messages, bytes, writes, reads, the queue and its peak', async () => {
    const transport = new ScriptedTransport();
    const before = Date.now();
    const channel = open(transport, { highWaterMarkBytes: 40 });
    channel.sendMany([1, 2]);
    channel.send(3);
    const sentBytes = linesOf(1, 2, 3).length;
    expect(channel.metrics().queuedBytes).toBe(sentBytes);
    await channel.flush();
    await turns();
    transport.receive(linesOf('a', 'b'));
    transport.receive(linesOf('c'));
    const metrics = channel.metrics();
    expect(metrics).toEqual({
      sent: { messages: 3, bytes: sentBytes },
      received: { messages: 3, bytes: linesOf('a', 'b', 'c').length },
      writes: 1,
      reads: 2,
      queuedBytes: 0,
      queuedBytesPeak: sentBytes + 3 * 32,
      drains: 1,
      badFrames: 0,
      openedAt: expect.any(Number),
    });
    expect(metrics.openedAt).toBeGreaterThanOrEqual(before);
  });
});
