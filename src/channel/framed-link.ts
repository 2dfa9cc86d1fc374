import type { Piece } from '../joint.js';
import type { Unsubscribable } from '../rx.js';
import { batchOutbound } from '../streams/batch.js';
import type { Frame } from '../streams/framing.js';
import { type Inbound, inbound, isFinal } from '../streams/inbound.js';
import { handleMark } from '../streams/mark.js';
import { type JoiningOutbound, type Outbound, outbound, type Stages } from '../streams/outbound.js';
import { packOutbound } from '../streams/pack.js';
import type { Transport } from '../transport/transport.js';
import { Writer } from '../transport/writer.js';
import type { SendCallback } from './channel.js';
import type { Link, LinkCounters, LinkListener } from './link.js';
import type { ChannelPlan } from './options.js';

/**
 * Messages over the bytes of a transport.
 *
 * IN   transport.bytes$ → inbound (split, decode, unwrap) → listener
 * OUT  send → outbound (wrap, encode, join) → writer (queue, flush policy) → transport.write
 */
export function framedLink<Out, In>(
  transport: Transport,
  plan: ChannelPlan<Out, In>,
  peer?: readonly string[],
): Link<Out, In> {
  return new FramedLink(transport, plan, peer);
}

/** For each mark the index of the message behind it, or -1 if that could not be read. */
export type OnMarked = (marked: readonly number[]) => void;

/** A {@link framedLink} that can mark messages, and tells of marked ones before it hands on the messages themselves. */
export class FramedLink<Out, In> implements Link<Out, In> {
  readonly #transport: Transport;
  readonly #inbound: Inbound<In>;
  readonly #stages: Stages<Out, In>;
  readonly #writer: Writer;
  readonly #single: Outbound<Out>;
  readonly #mark: Frame | undefined;
  readonly #onMarked: OnMarked | undefined;
  #outbound: Outbound<Out> | JoiningOutbound<Out>;
  #listener: LinkListener<In> | undefined;
  #reading: Unsubscribable | undefined;
  #sent = 0;
  #reads = 0;
  #bytesReceived = 0;

  constructor(
    transport: Transport,
    plan: ChannelPlan<Out, In>,
    peer: readonly string[] | undefined,
    onMarked?: OnMarked,
  ) {
    const { stages, options, accepts } = plan;
    this.#transport = transport;
    this.#stages = stages;
    this.#single = outbound(stages);
    this.#outbound = this.#single;
    const mark = onMarked === undefined ? undefined : handleMark(options);
    this.#mark = mark === undefined ? undefined : stages.framing.join(mark);
    this.#onMarked = onMarked;
    const markBytes = mark === undefined ? undefined : Buffer.from(mark);
    this.#inbound = inbound(stages, options.maxFrameBytes, options.onBadFrame, markBytes);
    const onWriter = {
      onTaken: (frames: number) => this.#listener?.onProgress(frames),
      onDrain: () => this.#listener?.onDrain(),
      onWriteError: (error: Error) => this.#listener?.onError(error),
    };
    this.#writer = new Writer(transport, options, onWriter, plan.prompt);
    if (stages.framing.header !== undefined) this.#join(packOutbound(stages));
    if (peer !== undefined) this.#greet(peer, accepts);
  }

  start(listener: LinkListener<In>): void {
    this.#listener = listener;
    const { room } = this.#inbound;
    if (room !== undefined) this.#transport.readInto?.(room);
    this.#reading = this.#transport.bytes$.subscribe({
      next: chunk => this.#onChunk(chunk, listener),
      error: error => listener.onError(error),
      complete: () => this.#onEnd(listener),
    });
  }

  send(message: Out, callback?: SendCallback): boolean {
    let piece: Piece | undefined;
    try {
      piece = this.#outbound.encode(message);
      return this.#push(piece, 1, callback);
    } catch (thrown) {
      this.#outbound.unsent(piece);
      throw thrown;
    }
  }

  /** As `send`, with a mark before the message. */
  sendMarked(message: Out, callback?: SendCallback): boolean {
    return this.#push(together(this.#mark ?? '', this.#single.encode(message)), 1, callback);
  }

  sendMany(messages: readonly Out[], callback?: SendCallback): boolean {
    if (messages.length === 0) {
      if (callback !== undefined) process.nextTick(callback, null);
      return this.#writer.hasRoom;
    }
    let piece: Piece | undefined;
    try {
      piece = this.#outbound.encodeMany(messages);
      return this.#push(piece, messages.length, callback);
    } catch (thrown) {
      this.#outbound.unsent(piece);
      throw thrown;
    }
  }

  ready(): Promise<void> {
    return this.#writer.ready();
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  fail(error: Error): void {
    this.#writer.fail(error);
  }

  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    this.#transport.resume();
  }

  ref(): void {
    this.#transport.ref();
  }

  unref(): void {
    this.#transport.unref();
  }

  end(): void {
    this.#transport.end();
  }

  destroy(): void {
    this.#reading?.unsubscribe();
    this.#transport.destroy();
  }

  counters(): LinkCounters {
    const writer = this.#writer;
    return {
      sent: this.#sent,
      bytesSent: writer.bytesWritten,
      bytesReceived: this.#bytesReceived,
      writes: writer.writes,
      reads: this.#reads,
      queuedBytes: writer.queuedBytes,
      queuedBytesPeak: writer.peakBytes,
    };
  }

  recordDelays(record: (delayMs: number) => void): void {
    this.#writer.recordDelays(record);
  }

  #push(piece: Piece, messages: number, callback: SendCallback | undefined): boolean {
    const room = this.#writer.push(piece, messages, callback);
    this.#sent += messages;
    return room;
  }

  #onChunk(chunk: Uint8Array, listener: LinkListener<In>): void {
    this.#reads += 1;
    this.#bytesReceived += chunk.byteLength;
    const { messages, failures, announced, marked } = this.#inbound.push(chunk);
    if (announced !== undefined) this.#peerTakes(announced);
    if (marked !== undefined) this.#onMarked?.(marked);
    listener.onMessages(messages, chunk.byteLength);
    for (const failure of failures) {
      listener.onFailure(failure);
      if (isFinal(failure)) listener.onError(failure);
    }
  }

  /** The peer said before the first frame that it takes extensions; what this side takes is its first frame. */
  #greet(peer: readonly string[], own: readonly string[] | undefined): void {
    const { coder, envelope, framing } = this.#stages;
    if (own === undefined || envelope.announce === undefined) return;
    this.#writer.push(framing.join(coder.encode(envelope.announce(own) as Out)), 1);
    this.#peerTakes(peer);
  }

  #peerTakes(features: readonly string[]): void {
    this.#join(batchOutbound(this.#stages, features));
  }

  #join(way: JoiningOutbound<Out> | undefined): void {
    if (way === undefined) return;
    this.#writer.joint = way.joint;
    this.#outbound = way;
  }

  #onEnd(listener: LinkListener<In>): void {
    const cutOff = this.#inbound.end();
    if (cutOff !== undefined) listener.onFailure(cutOff);
    listener.onEnd();
  }
}

/** As bytes: text might be put into a batch. */
function together(first: Frame, second: Frame): Uint8Array {
  return Buffer.concat([Buffer.from(first as string), Buffer.from(second as string)]);
}
