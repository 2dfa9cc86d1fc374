import assert from 'node:assert/strict';
import { pair } from '../channel/open.js';
import type { Codec, Coder, LentFrame } from '../streams/codec.js';
import type { Frame } from '../streams/framing.js';
import type { ContractCase } from './contract-case.js';
import { bytesOf, cuts, noise } from './cuts.js';

/** What {@link codecContract} is to know of a codec. */
export interface CodecContractOptions<Message> {
  /** Messages that it carries, made anew at each call: three at least, and some of them alike. */
  readonly messages: () => readonly Message[];
  /** Messages that it cannot write. Default none. */
  readonly refused?: () => readonly unknown[];
}

type AnyCoder<Message> = Coder<Message, Message>;

/**
 * What every {@link Codec} must keep, one's own included: messages arrive as they were sent, through its framing and in
 * a channel; frames and messages stay what they are when memory is used again; channels and directions have nothing
 * to do with each other; a frame that is lost or not sent never makes another be read as something else.
 *
 * @param make a codec, made anew for each case
 * @example
 * import { test } from 'node:test';
 * import { codecContract } from 'deka-ipc/testing';
 * const messages = () => [{ id: 1 }, { id: 2 }, { text: 'ü' }];
 * for (const { name, run } of codecContract(() => json(), { messages })) test(name, run);
 */
export function codecContract<Message>(
  make: () => Codec<Message, Message>,
  { messages, refused = () => [] }: CodecContractOptions<Message>,
): ContractCase[] {
  return [
    { name: 'has a name and a framing', run: saysWhatItIs },
    { name: 'gives each message back', run: givesBack },
    { name: 'gives each message back through its framing, however the bytes are cut', run: givesBackFramed },
    { name: 'carries a channel, send and sendMany', run: carriesChannel },
    { name: 'leaves the message alone, and the frame as it is when others are encoded', run: leavesAlone },
    { name: 'gives messages that do not change with the memory of their frames', run: ownsMemory },
    { name: 'keeps channels and directions apart', run: keepsApart },
    { name: 'packs many messages into a frame that it knows again, if it does so at all', run: packs },
    { name: 'joins frames that were encoded one by one, if it does so at all', run: joins },
    { name: 'throws at what it cannot write, and goes on', run: refuses },
    { name: 'goes on behind bytes that are none of its frames', run: goesOn },
    { name: 'reads no message as another when a frame is lost', run: standsLoss },
    { name: 'writes frames that can be read when one was not sent', run: standsUnsent },
  ];

  function saysWhatItIs(): void {
    const { name, framing } = make();
    assert.match(name, /^[\w.:/-]+$/);
    assert.match(framing.name, /\S/);
    assert.ok(messages().length >= 3, 'the contract needs three messages at least');
  }

  function givesBack(): void {
    const [writer, reader] = coders();
    for (const message of messages()) assert.deepStrictEqual(reader.decode(writer.encode(message)), message);
  }

  function givesBackFramed(): void {
    const { framing } = make();
    const [writer] = coders();
    const wire = Buffer.concat(messages().map(message => bytesOf(framing.join(writer.encode(message)))));
    for (const chunks of cuts(wire)) {
      const [, reader] = coders();
      const splitter = framing.splitter({ maxFrameBytes: 1024 * 1024 });
      const frames = chunks.flatMap(chunk => splitter.push(chunk));
      assert.deepStrictEqual(
        frames.map(frame => reader.decode(frame as Frame)),
        messages(),
      );
    }
  }

  async function carriesChannel(): Promise<void> {
    const [left, right] = pair<Message, Message>({ codec: make() });
    const [received, failures]: [Message[], unknown[]] = [[], []];
    right.messages$.subscribe(message => received.push(message));
    right.failures$.subscribe(failure => failures.push(failure));
    for (const message of messages()) left.send(message);
    for (let n = 0; n < 3; n += 1) left.sendMany(messages());
    await left.close();
    assert.deepEqual(failures, []);
    assert.deepStrictEqual(received, [...messages(), ...messages(), ...messages(), ...messages()]);
  }

  function leavesAlone(): void {
    const [writer] = coders();
    const sent = messages();
    const frames = sent.map(message => {
      const frame = writer.encode(message);
      return { frame, before: bytesOf(frame) };
    });
    for (const { frame, before } of frames) assert.deepEqual(bytesOf(frame), before);
    assert.deepStrictEqual(sent, messages());
  }

  function ownsMemory(): void {
    const [writer, reader] = coders();
    const received = messages().map(message => {
      const frame = writer.encode(message);
      const memory = typeof frame === 'string' ? frame : bytesOf(frame);
      const decoded = reader.decode(memory);
      if (typeof memory !== 'string') memory.fill(0xff);
      return decoded;
    });
    assert.deepStrictEqual(received, messages());
  }

  function keepsApart(): void {
    const codec = make();
    const elsewhere = codec.create(); // of a channel whose other end is in another process
    for (const message of messages()) elsewhere.encode(message);
    const [a, b] = [codec.create(), codec.create()]; // the ends of one channel
    const [c, d] = [codec.create(), codec.create()]; // of another
    for (const message of messages()) {
      assert.deepStrictEqual(b.decode(a.encode(message)), message);
      assert.deepStrictEqual(a.decode(b.encode(message)), message);
    }
    for (const message of messages().toReversed())
      assert.deepStrictEqual(d.decode(c.encode(message)), message);
  }

  function packs(): void {
    const { syntax } = make();
    const [writer, reader] = coders();
    const frame = writer.encodeMany?.(messages());
    if (frame === undefined) return;
    assert.ok(reader.decodeMany !== undefined || syntax !== undefined, 'encodeMany needs decodeMany');
    if (reader.decodeMany !== undefined) assert.deepStrictEqual(reader.decodeMany(frame), messages());
    if (syntax !== undefined) return;
    for (const message of messages()) {
      const single = writer.encode(message);
      assert.equal(reader.decodeMany?.(single), undefined);
      assert.deepStrictEqual(reader.decode(single), message);
    }
  }

  function joins(): void {
    const [writer, reader] = coders();
    const { joining } = writer;
    if (joining === undefined) return;
    for (const count of [1, messages().length]) {
      const some = messages().slice(0, count);
      const frames: Buffer[] = some.flatMap(message => copyOf(joining.encode(message)));
      assert.equal(frames.length, count, 'a fresh coder can join');
      const frame = Buffer.concat([joining.head(count), ...frames]);
      assert.deepStrictEqual(reader.decodeMany?.(frame) ?? [reader.decode(frame)], some);
    }
  }

  function refuses(): void {
    const [writer, reader] = coders();
    for (const message of refused()) {
      assert.throws(() => writer.encode(message as Message), Error);
      writer.unsent?.();
      for (const good of messages()) assert.deepStrictEqual(reader.decode(writer.encode(good)), good);
    }
  }

  function goesOn(): void {
    const { framing } = make();
    for (let seed = 1; seed <= 50; seed += 1) {
      const [writer, reader] = coders();
      const bytes = noise(seed, seed);
      outcomeOf(reader, framing.kind === 'text' ? bytes.toString('latin1') : bytes);
      for (const message of messages())
        assert.deepStrictEqual(reader.decode(writer.encode(message)), message);
    }
  }

  function standsLoss(): void {
    messages().forEach((_, lost) => {
      const [writer, reader] = coders();
      [...messages(), ...messages()].forEach((message, index) => {
        const frame = writer.encode(message);
        const outcome = index === lost ? reader.missed?.() : outcomeOf(reader, frame);
        if (outcome !== undefined && 'message' in outcome) assert.deepStrictEqual(outcome.message, message);
      });
    });
  }

  function standsUnsent(): void {
    messages().forEach((_, unsent) => {
      const [writer, reader] = coders();
      [...messages(), ...messages()].forEach((message, index) => {
        const frame = writer.encode(message);
        if (index === unsent) writer.unsent?.();
        else assert.deepStrictEqual(reader.decode(frame), message);
      });
    });
  }

  /** The ends of a channel, of which the first writes and the second reads. */
  function coders(): [AnyCoder<Message>, AnyCoder<Message>] {
    const codec = make();
    return [codec.create(), codec.create()];
  }
}

/** The memory is lent until the next call. */
function copyOf(lent: LentFrame | undefined): Buffer[] {
  return lent === undefined ? [] : [Buffer.from(lent.memory.subarray(lent.start, lent.end))];
}

/** A message, or that there was an error: which one is the codec's business. */
function outcomeOf<Message>(
  coder: AnyCoder<Message>,
  frame: Frame,
): { message: Message } | { error: unknown } {
  try {
    return { message: coder.decode(frame) };
  } catch (error) {
    return { error };
  }
}
