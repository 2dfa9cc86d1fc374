import type { Codec } from './codec.js';
import type { Envelope } from './envelope.js';

const JSON_MARK = '{"cmd":"DEKA_HANDLE"}';

/** What frames are made of. */
interface Marked {
  readonly codec: Pick<Codec<never>, 'name' | 'syntax'>;
  readonly envelope: Pick<Envelope, 'name'>;
}

/**
 * The frame that goes before a message that has a handle: `{"cmd":"DEKA_HANDLE"}` among JSON in Deka's envelope, an empty
 * one among V8's values. Undefined for other stages: there, nothing is certain not to be a message.
 */
export function handleMark({ codec, envelope }: Marked): string | Uint8Array | undefined {
  if (codec.syntax === 'json' && envelope.name === 'deka') return JSON_MARK;
  if (codec.name === 'v8') return new Uint8Array();
  return undefined;
}
