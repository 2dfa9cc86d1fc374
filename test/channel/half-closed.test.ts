import { concatMap, mergeMap, NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { open, pair } from '../../src/channel/open.js';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';
import { collect, turns } from '../support/collect.js';
import { line, linesOf } from '../support/deka-lines.js';
import { code } from '../support/errors.js';

// The peer has said that this was all, and this side still has some of it to answer.

const patient = { closeTimeoutMs: Infinity };

async function later<T>(value: T): Promise<T> {
  await turns(20);
  return value;
}

describe('after the end of the peer', () => {
  it('a loop answers what it has in hand', async () => {
    const [asking, answering] = pair<number, number>(patient);
    const { completed } = collect(asking.messages$);
    const looped = (async () => {
      for await (const message of answering) answering.send(await later(message));
      answering.send(-1);
    })();
    asking.sendMany([1, 2, 3]);
    await asking.close();
    await looped;
    expect(await completed).toEqual([1, 2, 3, -1]);
    expect(await answering.closed).toBe('peer');
  });

  it.each([
    ['all at once', mergeMap(later<number>)],
    ['one after another', concatMap(later<number>)],
  ])('sendAll() of answers to messages$ sends them all: %s', async (_what, answers) => {
    const [asking, answering] = pair<number, number>(patient);
    const { completed } = collect(asking.messages$);
    const sending = answering.sendAll(answering.messages$.pipe(answers));
    await asking.sendAll([1, 2, 3]);
    await asking.close();
    expect(await sending).toBe(3);
    expect(await completed).toEqual([1, 2, 3]);
    expect(await answering.closed).toBe('peer');
  });

  it('sendAll() of a generator that loops over the channel sends all it yields', async () => {
    const [asking, answering] = pair<number, number>(patient);
    const { completed } = collect(asking.messages$);
    async function* answers() {
      for await (const message of answering) yield await later(message);
      yield await later(-1);
    }
    const sending = answering.sendAll(answers());
    asking.sendMany([1, 2]);
    await asking.close();
    expect(await sending).toBe(3);
    expect(await completed).toEqual([1, 2, -1]);
  });

  it('the channel ends at once for a loop that waits, and for a sendAll() of anything else', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport, patient);
    const sending = channel.sendAll(NEVER);
    const looped = (async () => {
      for await (const _ of channel);
    })();
    transport.peerEnds();
    await looped;
    await expect(sending).rejects.toEqual(code('ERR_CHANNEL_CLOSED'));
    expect(await channel.closed).toBe('peer');
  });

  it.each([
    ['break', () => {}],
    [
      'an error',
      () => {
        throw new Error('in the loop');
      },
    ],
  ])('the channel ends once its loop is left by %s', async (_what, leave) => {
    const transport = new ScriptedTransport();
    const channel = open(transport, patient);
    let proceed = () => {};
    const inHand = new Promise<void>(resolve => {
      proceed = resolve;
    });
    const looped = (async () => {
      for await (const message of channel) {
        await inHand;
        channel.send(message);
        leave();
        break;
      }
    })().catch(() => {});
    transport.receive(line('in hand'));
    await turns();
    transport.peerEnds();
    await turns();
    expect(channel.connected).toBe(true);
    proceed();
    await looped;
    expect(await channel.closed).toBe('peer');
    expect(transport.written.join('')).toBe(linesOf('in hand'));
  });

  it('nobody is waited for beyond closeTimeoutMs in which nothing moves', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport, { closeTimeoutMs: 20 });
    const sending = channel.sendAll(channel.messages$.pipe(mergeMap(() => NEVER)));
    transport.receive(line('never answered'));
    transport.peerEnds();
    await expect(sending).rejects.toEqual(code('ERR_CHANNEL_CLOSED'));
    expect(await channel.closed).toBe('peer');
  });

  it('with allowHalfOpen, everybody has time until close()', async () => {
    const [asking, answering] = pair<number, number>({ allowHalfOpen: true, closeTimeoutMs: Infinity });
    const { completed } = collect(asking.messages$);
    answering.messages$.subscribe(async message => {
      await later(message);
      answering.send(message);
      if (message === 2) void answering.close();
    });
    const looped = answering.sendAll(answering.messages$); // an end of work that ends nothing
    asking.sendMany([1, 2]);
    await asking.close();
    expect(await looped).toBe(2);
    expect(await completed).toEqual([1, 2, 1, 2]);
    expect(await answering.closed).toBe('local');
  });

  it('close() ends the channel while a loop has a message in hand', async () => {
    const transport = new ScriptedTransport();
    const channel = open(transport, patient);
    const iterator = channel[Symbol.asyncIterator]();
    transport.receive(line('in hand'));
    await iterator.next();
    transport.peerEnds();
    await turns();
    expect(channel.connected).toBe(true);
    await channel.close();
    expect(await channel.closed).toBe('local');
  });
});
