import { parent } from 'deka-ipc';
import { map } from 'rxjs';
import { enrich } from './enrich.js';

/** @type {import('deka-ipc').Channel<'ready' | import('./enrich.js').Placed, import('./enrich.js').City>} */
const channel = parent();

channel.send('ready');
await channel.sendAll(channel.messages$.pipe(map(enrich))); // until the parent has sent its last
