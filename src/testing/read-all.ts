import assert from 'node:assert/strict';
import type { IpcError } from '../errors.js';
import type { Frame, Splitter } from '../streams/framing.js';

/**
 * Reads as a transport does that asks for the room. Its own memory is used again for each read.
 * @param most how many bytes the read that begins at a place of the wire brings at most.
 */
export function readAll(
  splitter: Pick<Splitter, 'push' | 'room'>,
  wire: Buffer,
  most: (at: number) => number,
): (Frame | IpcError)[] {
  const own = Buffer.alloc(64 * 1024);
  const found: (Frame | IpcError)[] = [];
  for (let at = 0; at < wire.length; ) {
    const room = splitter.room?.() ?? own;
    assert.ok(room.length > 0, 'its room is empty');
    const part = wire.subarray(at, at + Math.min(most(at), room.length));
    room.set(part);
    found.push(...splitter.push(room.subarray(0, part.length)));
    own.fill(0x21);
    at += part.length;
  }
  return found;
}
