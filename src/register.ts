/**
 * Preload: gives `process` `send`, `disconnect`, `connected`, `channel` and the 'message' and 'disconnect' events when the
 * environment announces a channel (`DEKA_IPC_ENABLED=1`, `DEKA_IPC_FD`). Does nothing otherwise. The channel is loaded and
 * opened when the program first touches it, or in the first turn of the event loop.
 *
 * @example
 * node --import deka-ipc/register worker.js
 */
import { hidePreload } from './node/preload.js';
import { registerProcess } from './node/register-process.js';
import { announcesChannel } from './transport/channel-env.js';

hidePreload(import.meta.filename);
if (announcesChannel(process.env)) registerProcess();
