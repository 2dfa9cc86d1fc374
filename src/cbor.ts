export { cbor } from './streams/cbor.js';
