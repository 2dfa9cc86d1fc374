import type { ChannelOptions } from '../channel/options.js';
import { bare, deka } from '../streams/envelope.js';
import { json } from '../streams/json.js';
import { v8 } from '../streams/v8.js';
import type { Wire } from '../transport/child-env.js';

/** What is spoken: Node's wire has no envelope, Deka's has one around JSON. Both ends of `advanced` are V8's format. */
export function stagesOf(
  serialization: 'json' | 'advanced',
  wire: Wire,
): ChannelOptions & Required<Pick<ChannelOptions, 'codec' | 'envelope'>> {
  if (serialization === 'advanced') return { codec: v8(), envelope: bare() };
  return { codec: json(), envelope: wire === 'deka' ? deka() : bare() };
}
