export type {
  Channel,
  ChannelMetrics,
  CloseReason,
  Flow,
  SendAllOptions,
  SendCallback,
} from './channel/channel.js';
export type { Delivery } from './channel/deliveries.js';
export type { DiagnosticsMessages } from './channel/diagnostics.js';
export { type MetricsSample, metrics$ } from './channel/metrics.js';
export { fromStreams, open, pair, stdio } from './channel/open.js';
export type { ChannelOptions } from './channel/options.js';
export { hasParent, parent } from './channel/parent.js';
export {
  type ChildChannel,
  type ForkChannelOptions,
  fork,
  type SpawnChannelOptions,
  spawn,
} from './channel/processes.js';
export type { QueueDelaySummary } from './channel/queue-delay.js';
export { type ChannelServer, connect, type ListenOptions, listen } from './channel/sockets.js';
export { IpcError, type IpcErrorCode, type MessageIssue } from './errors.js';
export type { Codec, Coder, FrameJoining, LentFrame } from './streams/codec.js';
export { contentLength } from './streams/content-length.js';
export { decode } from './streams/decode.js';
export { bare, deka, type Envelope } from './streams/envelope.js';
export type { Frame, FrameHeader, FrameLimits, Framing, Splitter } from './streams/framing.js';
export { type JsonOptions, json } from './streams/json.js';
export { type LengthPrefixedOptions, lengthPrefixed } from './streams/length-prefixed.js';
export { lines } from './streams/lines.js';
export { splitFrames } from './streams/split-frames.js';
export { unwrap } from './streams/unwrap.js';
export { type V8Options, v8 } from './streams/v8.js';
export { type StandardSchema, type StandardSchemaResult, validated } from './streams/validated.js';
export type { Address } from './transport/address.js';
export type { Handle, SendHandleOptions } from './transport/handle.js';
export type { Exit } from './transport/spawn.js';
export type { Taken, Transport } from './transport/transport.js';
