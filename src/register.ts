/**
 * Preload: gives `process` `send`, `disconnect`, `connected`, `channel` and the 'message' and 'disconnect' events when the
 * environment announces a channel (`DEKA_IPC_ENABLED=1`, `DEKA_IPC_FD`). Does nothing otherwise.
 *
 * @example
 * node --import deka-ipc/register worker.js
 */
import { registerProcess } from './node/register-process.js';

registerProcess(import.meta.filename);
