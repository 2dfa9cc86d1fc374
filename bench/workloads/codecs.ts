import { BASE, CODEC_CONTENDERS, names } from '../contenders.js';
import type { MessageName } from '../messages.js';
import { RATE, type Workload } from '../workload.js';
import { floodDown, floodUp, inName } from './flood.js';

/** How fast each codec is, and what `sendMany` gains. */
export const CODECS: readonly Workload[] = [
  up('small', 1_000_000),
  up('1 KB', 100_000),
  up('64 KB', 2_000),
  { ...codecs('down-small', 'parent → child', 'small', 1_000_000), run: floodDown('small') },
];

function up(message: MessageName, full: number): Workload {
  return { ...codecs(inName(message), 'child → parent', message, full), run: floodUp(message) };
}

function codecs(name: string, way: string, message: MessageName, full: number): Omit<Workload, 'run'> {
  return {
    name: `codecs-${name}`,
    title: `codecs, ${way}, ${message}`,
    message,
    figures: [RATE],
    contenders: [...names(CODEC_CONTENDERS), BASE, 'fork advanced'],
    base: BASE,
    sizes: { full },
  };
}
