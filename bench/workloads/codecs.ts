import { BASE, CODEC_CONTENDERS, names } from '../contenders.js';
import type { MessageName } from '../messages.js';
import { RATE, type Workload } from '../workload.js';
import { floodUp, inName } from './flood.js';

/** How fast each codec is, and what `sendMany` gains. */
export const CODECS: readonly Workload[] = [
  codecs('small', 1_000_000),
  codecs('1 KB', 100_000),
  codecs('64 KB', 2_000),
];

function codecs(message: MessageName, full: number): Workload {
  return {
    name: `codecs-${inName(message)}`,
    title: `codecs, child → parent, ${message}`,
    message,
    figures: [RATE],
    contenders: [...names(CODEC_CONTENDERS), BASE, 'fork advanced'],
    base: BASE,
    sizes: { full },
    run: floodUp(message),
  };
}
