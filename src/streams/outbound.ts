import type { Coder } from './codec.js';
import type { Envelope } from './envelope.js';
import type { Frame, Framing } from './framing.js';

/** What a message passes on its way out: wrap → encode → join. */
export interface Outbound<Out> {
  /** One message as it stands on the wire. Throws what the codec throws. */
  encode(message: Out): Frame;
  /** Many messages as they stand on the wire, all or none. */
  encodeMany(messages: readonly Out[]): Frame;
}

/** The parts of one channel's pipeline. Both directions share the coder: it may keep state. */
export interface Stages<Out, In> {
  readonly framing: Framing;
  readonly coder: Coder<Out, In>;
  /** What the frames are written in, where an envelope may make use of it. */
  readonly syntax: 'json' | undefined;
  readonly envelope: Envelope;
}

/** Composes the way out. One per channel. */
export function outbound<Out>(stages: Stages<Out, unknown>): Outbound<Out> {
  const { framing } = stages;
  const encode = textEncoder(stages) ?? wrappingEncoder(stages);
  return { encode, encodeMany };

  function encodeMany(messages: readonly Out[]): Frame {
    const frames = messages.map(encode);
    return framing.kind === 'text' ? frames.join('') : Buffer.concat(frames as Uint8Array[]);
  }
}

/** Any codec in any envelope. */
function wrappingEncoder<Out>({ framing, coder, envelope }: Stages<Out, unknown>): (message: Out) => Frame {
  return message => framing.join(coder.encode(envelope.wrap(message) as Out));
}

/** JSON in an envelope that is JSON: concatenating costs half of what stringifying a wrapped object does. */
function textEncoder<Out>({ framing, coder, syntax, envelope }: Stages<Out, unknown>) {
  if (syntax !== 'json' || envelope.json === undefined || framing.delimiter === undefined) return undefined;
  const { before, after } = envelope.json;
  const behind = after + framing.delimiter;
  return (message: Out): Frame => {
    const frame = coder.encode(message);
    return `${before}${typeof frame === 'string' ? frame : Buffer.from(frame).toString('utf8')}${behind}`;
  };
}
