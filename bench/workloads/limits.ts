// What no link can be faster than.

import type { Contender } from '../contender.js';
import { CODEC_ALONE, CODEC_ALONE_BATCHES } from '../contenders.js';
import { MESSAGES, type MessageName } from '../messages.js';
import { type Figures, RATE, type Workload } from '../workload.js';
import { floodUp, inName } from './flood.js';

/** Stands around each message on the wire. */
const [BEFORE, AFTER] = ['{"cmd":"NODE_HANDLE","msg":', '}'];

/** How near `send` comes to what `JSON.stringify` and `JSON.parse` allow. */
export const LIMITS: readonly Workload[] = [
  limit('small', 1_000_000),
  limit('1 KB', 100_000),
  limit('64 KB', 2_000),
];

function limit(message: MessageName, full: number): Workload {
  const overLink = floodUp(message);
  return {
    name: `limit-${inName(message)}`,
    title: `against the codec alone, child → parent, ${message}`,
    message,
    figures: [RATE],
    contenders: [CODEC_ALONE, CODEC_ALONE_BATCHES, 'deka-ipc send', 'deka-ipc sendMany'],
    base: CODEC_ALONE,
    sizes: { full },
    run: async (who, count) => {
      if (who.name !== CODEC_ALONE && who.name !== CODEC_ALONE_BATCHES) return overLink(who, count);
      alone(who, message, count); // as warm as those beside it
      return alone(who, message, count);
    },
  };
}

/** One process, no link: the slower of writing the text and reading it, which two processes would do side by side. */
function alone({ manner }: Contender, message: MessageName, count: number): Figures {
  const { make, batch } = MESSAGES[message];
  const each = manner === 'one by one' ? 1 : batch;
  let writing = 0;
  let reading = 0;
  for (let id = 0; id < count; id += batch) {
    const messages = Array.from({ length: batch }, (_, i) => make(id + i));
    const start = performance.now();
    const texts = inGroups(messages, each).map(group => BEFORE + JSON.stringify(group) + AFTER);
    const written = performance.now();
    for (const text of texts) JSON.parse(text);
    writing += written - start;
    reading += performance.now() - written;
  }
  return { rate: count / Math.max(writing, reading) };
}

/** One message stands for itself, several are an array. */
function inGroups(messages: readonly object[], size: number): readonly object[] {
  return size === 1 ? messages : [messages];
}
