import { cbor } from '../streams/cbor.js';
import type { Codec } from '../streams/codec.js';
import { msgpack } from '../streams/msgpack.js';
import { v8 } from '../streams/v8.js';
import type { Inherited } from '../transport/inherited.js';
import { refused } from './codec-refusal.js';
import { type ChannelOptions, type ChannelPlan, planOf } from './options.js';

/** What a child finds by its name alone; `json` is what it takes without any. */
const BUILT_IN: ReadonlyMap<string, <Out, In>() => Codec<Out, In>> = new Map([
  ['v8', () => v8({ packed: true })],
  ['msgpack', msgpack],
  ['cbor', cbor],
]);

/**
 * The plan with the codec that the parent named, if it is a built-in and the caller does not bring one of that name.
 * Throws `ERR_CODEC_MISMATCH`, of which the parent is told.
 */
export function withNamedCodec<Out, In>(
  options: ChannelOptions<Out, In>,
  plan: ChannelPlan<Out, In>,
  inherited: Inherited,
): ChannelPlan<Out, In> {
  const { codec } = inherited;
  const own = options.codec?.name;
  if (own === codec || (own === undefined && codec === 'json')) return plan;
  const builtIn = own === undefined ? BUILT_IN.get(codec) : undefined;
  if (builtIn === undefined) throw refused(inherited, own ?? 'json');
  try {
    return planOf({ ...options, codec: builtIn<Out, In>() });
  } catch (thrown) {
    inherited.transport.destroy(); // what it needs is not installed
    throw thrown;
  }
}
