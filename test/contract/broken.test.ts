import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { IpcError } from '../../src/errors.js';
import type { Codec } from '../../src/streams/codec.js';
import type { Frame, Framing, Splitter } from '../../src/streams/framing.js';
import { json } from '../../src/streams/json.js';
import { lengthPrefixed } from '../../src/streams/length-prefixed.js';
import { lines } from '../../src/streams/lines.js';
import { msgpack } from '../../src/streams/msgpack.js';
import { codecContract } from '../../src/testing/codec-contract.js';
import type { ContractCase } from '../../src/testing/contract-case.js';
import { framingContract } from '../../src/testing/framing-contract.js';
import { transportContract } from '../../src/testing/transport-contract.js';
import { memoryTransports } from '../../src/transport/memory.js';
import type { Transport } from '../../src/transport/transport.js';

// A contract is worth as much as what it finds: each of these is one mistake away from being right.

async function failing(cases: readonly ContractCase[]): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of cases) {
    try {
      await run();
    } catch {
      names.push(name);
    }
  }
  return names;
}

function over(framing: Framing, change: (splitter: Splitter) => Partial<Splitter>): () => Framing {
  return () => ({
    ...framing,
    splitter: limits => {
      const splitter = framing.splitter(limits);
      return { push: chunk => splitter.push(chunk), end: () => splitter.end(), ...change(splitter) };
    },
  });
}

const shared = lines().splitter({ maxFrameBytes: 1024 });

describe('the contract of a framing finds one that', () => {
  it.each<[string, () => Framing, string]>([
    ['has no name', () => ({ ...lines(), name: '' }), 'has a name'],
    ['gives frames of the other kind', () => ({ ...lines(), kind: 'binary' }), 'has a name'],
    [
      'forgets what was cut',
      over(lines(), () => ({ push: chunk => lines().splitter({ maxFrameBytes: 1024 }).push(chunk) })),
      'gives each frame back',
    ],
    [
      'gives a view of the chunk',
      over(lengthPrefixed({ bytes: 1 }), () => ({ push: chunk => viewsOf(chunk) })),
      'keeps nothing of a chunk',
    ],
    ['has one splitter for all', () => ({ ...lines(), splitter: () => shared }), 'a splitter of its own'],
    ['is silent at a cut end', over(lines(), () => ({ end: () => undefined })), 'reports a link that ends'],
    [
      'cuts at line breaks of a frame',
      () => ({ ...lines(), join: frame => `${frame}\n` }),
      'carries a frame or refuses',
    ],
    [
      'has no limit',
      () => ({ ...lines(), splitter: () => lines().splitter({ maxFrameBytes: 1e9 }) }),
      'drops a frame that is too long',
    ],
    [
      'loses the frame behind one that is too long',
      over(lines(), splitter => {
        let lost = false;
        return {
          push: chunk => {
            const items = lost ? [] : splitter.push(chunk);
            const at = items.findIndex(item => item instanceof IpcError);
            lost ||= at !== -1;
            return at === -1 ? items : items.slice(0, at + 1);
          },
        };
      }),
      'drops a frame that is too long',
    ],
    [
      'throws',
      over(lines(), splitter => ({ push: chunk => splitter.push(chunk).map(thrown) })),
      'makes of any bytes',
    ],
  ])('%s', async (_what, make, found) => {
    expect(await failing(framingContract(make))).toContainEqual(expect.stringContaining(found));
  });
});

describe('the contract of a codec finds one that', () => {
  const buffer = Buffer.alloc(4096);
  const binary =
    (create: Codec['create']): (() => Codec) =>
    () => ({ name: 'x', framing: lengthPrefixed(), create });
  const raw = {
    encode: (m: unknown) => Buffer.from(JSON.stringify(m)),
    decode: (f: Frame) => JSON.parse(String(f)),
  };
  const bytes = (f: Frame) => Buffer.from(f as Uint8Array).toString();

  it.each<[string, () => Codec, string]>([
    ['has no name', () => ({ ...json(), name: ' ' }), 'has a name'],
    [
      'changes a message',
      binary(() => ({ encode: raw.encode, decode: f => ({ ...JSON.parse(bytes(f)), more: 1 }) })),
      'gives each message back',
    ],
    [
      'changes the message that it was given',
      binary(() => ({
        decode: f => JSON.parse(bytes(f)),
        encode: m => raw.encode(Object.assign(m as object, { seen: 1 })),
      })),
      'leaves the message alone',
    ],
    [
      'writes into the same memory again',
      binary(() => ({
        decode: f => JSON.parse(bytes(f)),
        encode: m => buffer.subarray(0, buffer.write(JSON.stringify(m))),
      })),
      'the frame as it is when others are encoded',
    ],
    [
      'gives a view of the frame',
      () => ({ ...msgpack(), create: () => new Views() }),
      'do not change with the memory',
    ],
    [
      'has one state for all channels',
      () => {
        const coder = msgpack().create();
        return { ...msgpack(), create: () => coder };
      },
      'keeps channels and directions apart',
    ],
    [
      'does not know its packed frames',
      binary(() => ({ decode: f => JSON.parse(bytes(f)), encode: raw.encode, encodeMany: raw.encode })),
      'packs many messages',
    ],
    [
      'writes what it cannot read',
      binary(() => ({
        decode: f => JSON.parse(bytes(f)),
        encode: m => Buffer.from(String(JSON.stringify(m))),
      })),
      'throws at what',
    ],
    ['stays broken behind a bad frame', binary(() => new Sulking()), 'goes on behind bytes'],
    [
      'reads what a lost frame defined as something else',
      binary(() => new Sequential()),
      'when a frame is lost',
    ],
    ['defines a thing once, sent or not', binary(() => new Sequential()), 'when one was not sent'],
  ])('%s', async (_what, make, found) => {
    const messages = () => [{ id: 1 }, { id: 2 }, { other: Buffer.from('3') }, {}, {}];
    const texts = () => [{ id: 1 }, { id: 2 }, { other: '3' }, {}, {}];
    const refused = () => [{ toJSON: () => undefined }];
    const carries = make().framing.kind === 'binary' && make().name === 'msgpack' ? messages : texts;

    expect(await failing(codecContract(make, { messages: carries, refused }))).toContainEqual(
      expect.stringContaining(found),
    );
  });
});

describe('the contract of a transport finds one that', () => {
  function changed(change: (left: Transport, right: Transport) => Partial<Transport>) {
    const [left, right] = memoryTransports();
    const methods = ['write', 'pause', 'resume', 'ref', 'unref', 'end', 'destroy'] as const;
    const bound = Object.fromEntries(
      methods.map(name => [name, left[name].bind(left)]),
    ) as unknown as Transport;
    return { left: { ...bound, bytes$: left.bytes$, ...change(left, right) }, right };
  }

  it.each<[string, () => ReturnType<typeof changed>, string]>([
    [
      'loses a byte',
      () => changed(left => ({ write: (batch, taken) => left.write(batch.slice(0, -1), taken) })),
      'carries every byte',
    ],
    [
      'answers twice',
      () =>
        changed(left => ({
          write: (batch, taken) => {
            process.nextTick(taken);
            return left.write(batch, taken);
          },
        })),
      'calls taken exactly once',
    ],
    [
      'does not say that it was destroyed',
      () => changed(left => ({ destroy: () => left.destroy() })),
      'with a reason',
    ],
  ])('%s', async (_what, makePair, found) => {
    const cases = transportContract(makePair).filter(({ name }) => name.includes(found));

    expect(await failing(cases)).toEqual(cases.map(({ name }) => name));
    expect(cases).not.toEqual([]);
  });
});

function viewsOf(chunk: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < chunk.length; at += 1 + (chunk[at] ?? 0)) {
    frames.push(chunk.subarray(at + 1, at + 1 + (chunk[at] ?? 0)));
  }
  return frames;
}

function thrown(item: Frame | IpcError): Frame {
  if (item instanceof IpcError) throw item;
  return item;
}

/** msgpackr in its sequential mode, as it comes. */
class Sequential {
  readonly #packr = new Packr({ sequential: true });
  readonly #unpackr = new Unpackr({ sequential: true });

  encode(message: unknown): Frame {
    return this.#packr.pack(message);
  }

  decode(frame: Frame): unknown {
    return this.#unpackr.unpack(frame as Buffer);
  }
}

class Views {
  readonly #packr = new Packr({ useRecords: false });

  encode(message: unknown): Frame {
    return this.#packr.pack(message);
  }

  decode(frame: Frame): unknown {
    return this.#packr.unpack(frame as Buffer);
  }
}

class Sulking {
  #broken = false;

  encode(message: unknown): Frame {
    return Buffer.from(JSON.stringify(message));
  }

  decode(frame: Frame): unknown {
    if (this.#broken) throw new Error('no more');
    this.#broken = true;
    const message = JSON.parse(String(frame));
    this.#broken = false;
    return message;
  }
}
