// The child has to bring the same codec: no name leads to it.
import { json, parent } from 'deka-ipc';
import { compressed } from './compressed.js';

const channel = parent({ codec: compressed(json()) });
await channel.sendAll(channel.messages$);
