import { expect } from 'vitest';
import { batchOutbound } from '../../src/streams/batch.js';
import { deka } from '../../src/streams/envelope.js';
import { DEFAULT_MAX_FRAME_BYTES } from '../../src/streams/framing.js';
import { inbound } from '../../src/streams/inbound.js';
import { json } from '../../src/streams/json.js';
import { lines } from '../../src/streams/lines.js';
import type { Stages } from '../../src/streams/outbound.js';
import { WriteQueue } from '../../src/transport/write-queue.js';

export type TestStages = Stages<unknown, unknown>;

export function stages(changes: Partial<TestStages> = {}): TestStages {
  return { framing: lines(), coder: json().create(), syntax: 'json', envelope: deka(), ...changes };
}

/** A queue that sends batches, as a channel wires it. */
export function sender(
  changes: Partial<TestStages> = {},
  maxBatchBytes = 1e9,
  features: readonly string[] = ['batch'],
) {
  const out = batchOutbound(stages(changes), features);
  if (out === undefined) throw new Error('no batches');
  const queue = new WriteQueue(maxBatchBytes);
  queue.joint = out.joint;
  return {
    send: (message: unknown) => queue.push(out.encode(message), 1),
    sendMany: (messages: readonly unknown[]) => queue.push(out.encodeMany(messages), messages.length),
    /** As what is encoded and finds the queue full. */
    refused: (messages: readonly unknown[]) => void out.encodeMany(messages),
    bytes: () => queue.bytes,
    weight: () => queue.weight,
    /** All that leaves, line by line. */
    lines: () => {
      let text = '';
      for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
        text += Buffer.from(batch.data as string).toString();
      }
      return text.split('\n').slice(0, -1);
    },
  };
}

export function receivedFrom(frames: readonly string[]): readonly unknown[] {
  const { messages, failures } = inbound(stages(), DEFAULT_MAX_FRAME_BYTES).push(
    Buffer.from(frames.map(frame => `${frame}\n`).join('')),
  );
  expect(failures).toEqual([]);
  return messages;
}
