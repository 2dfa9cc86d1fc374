export { type MsgpackOptions, msgpack } from './streams/msgpack.js';
