import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type LaneEnd, laneEnd, type NativePipe, stdioIn, withStdio } from './lane-end.js';

/** A child that was started with a lane behind the last entry of its `stdio`, where the program does not see it. */
export interface SpawnedWithLane {
  readonly process: ChildProcess;
  readonly lane: LaneEnd;
}

interface Native {
  spawn(...args: unknown[]): number;
}

/**
 * Starts a child with one more descriptor: the other end of a lane.
 *
 * Node tells of each ChildProcess before it starts (nodejs.org/api/diagnostics_channel.html, `child_process`); at that
 * moment the pipe of the lane goes to what the native `spawn` will get. The ChildProcess itself knows nothing of it, so
 * its `stdio`, and when it emits 'close', stay what they are.
 *
 * @param start starts one child. What it throws passes.
 */
export function spawnWithLane(start: () => ChildProcess): SpawnedWithLane {
  let process: ChildProcess | undefined;
  const lane = laneEnd(pipe => {
    const onMade = (made: unknown) => {
      unsubscribe('child_process', onMade);
      addEntry((made as { process: { _handle: Native } }).process._handle, pipe);
    };
    subscribe('child_process', onMade);
    try {
      process = start();
    } catch (thrown) {
      pipe.close();
      throw thrown;
    } finally {
      unsubscribe('child_process', onMade);
    }
  });
  return { process: process as unknown as ChildProcess, lane };
}

function addEntry(native: Native, pipe: NativePipe): void {
  const { spawn } = native;
  native.spawn = (...args) => {
    native.spawn = spawn;
    return native.spawn(...withStdio(args, [...stdioIn(args), entryOf(pipe)]));
  };
}

function entryOf(pipe: NativePipe): { type: string; ipc: true; handle: NativePipe } {
  return { type: 'pipe', ipc: true, handle: pipe };
}
