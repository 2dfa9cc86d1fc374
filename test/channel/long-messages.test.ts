import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Channel } from '../../src/channel/channel.js';
import type { ChannelOptions } from '../../src/channel/options.js';
import { connect, listen } from '../../src/channel/sockets.js';
import type { Codec } from '../../src/streams/codec.js';
import { bare } from '../../src/streams/envelope.js';
import { json } from '../../src/streams/json.js';
import { lengthPrefixed } from '../../src/streams/length-prefixed.js';

/** From a few bytes to more than any buffer on the way. */
const SIZES = Array.from(
  { length: 150 },
  (_, n) => [7, 9000, 20_000, 65_536, 65_532, 300_000][n % 6] as number,
);

const bytes: Codec = {
  name: 'bytes',
  framing: lengthPrefixed(),
  envelope: bare(),
  create: () => ({ encode: message => message as Uint8Array, decode: frame => frame }),
};

let path: string;

beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'deka-')), 's');
});

afterEach(() => {
  rmSync(join(path, '..'), { recursive: true });
});

describe.each([
  ['bytes', { codec: bytes }, (n: number) => Buffer.alloc(SIZES[n] ?? 0, n)],
  ['JSON', { codec: json() }, (n: number) => String(n % 10).repeat(SIZES[n] ?? 0)],
])('long and short messages as %s', (_, options, make) => {
  it.each(['at once', 'after others had a turn'])('arrive as they were sent, read %s', async pace => {
    const [left, right] = await connected(options);
    const arriving = digests(right, pace === 'at once');
    for (let n = 0; n < SIZES.length; n += 1) {
      const message = make(n);
      const room = left.send(message);
      // Its memory is the caller's again.
      if (typeof message !== 'string') message.fill(0x21);
      if (!room) await left.ready();
    }
    expect(await arriving).toEqual(SIZES.map((__, n) => digest(make(n))));
    left.destroy();
    right.destroy();
  });
});

async function connected(options: ChannelOptions): Promise<[Channel, Channel]> {
  const server = await listen(path, options);
  onTestFinished(() => server.close());
  return Promise.all([connect(path, options), firstValueFrom(server.channels$)]);
}

/** Looked at when all have come: a message must stay what it was while later ones are read. */
async function digests(channel: Channel, atOnce: boolean): Promise<string[]> {
  const kept: unknown[] = [];
  for await (const message of channel) {
    kept.push(message);
    if (!atOnce) await turn();
    if (kept.length === SIZES.length) break;
  }
  return kept.map(digest);
}

function digest(message: unknown): string {
  return createHash('sha1')
    .update(message as Uint8Array)
    .digest('hex');
}
