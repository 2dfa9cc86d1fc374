// The same worker on Node's own channel.
import { enrich } from './enrich.js';

process.on('message', city => process.send?.(enrich(/** @type {import('./enrich.js').City} */ (city))));
process.send?.('ready');
