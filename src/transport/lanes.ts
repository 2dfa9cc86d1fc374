import { closeSync } from 'node:fs';
import { HandleLane } from './handle-lane.js';
import { laneEnd } from './lane-end.js';
import { type SpawnedWithLane, spawnWithLane } from './lane-spawn.js';

/** A child, and the lane to it if it could be started. */
export interface Spawned {
  readonly process: SpawnedWithLane['process'];
  readonly lane: HandleLane | undefined;
}

/**
 * Starts a child with a lane behind its `stdio`.
 *
 * @param peerKnown whether what it runs is known to take the lane.
 */
export function spawnLaned(start: () => SpawnedWithLane['process'], peerKnown: boolean): Spawned {
  const spawned = spawnWithLane(start);
  const lane = new HandleLane({ end: () => spawned.lane, peerKnown });
  if (spawned.process.pid === undefined) {
    spawned.lane.pipe.close();
    return { process: spawned.process, lane: undefined };
  }
  lane.open();
  return { process: spawned.process, lane };
}

/** The lane that a parent has left at a descriptor. It costs nothing until it is first needed. */
export function inheritedLane(fd: number): HandleLane {
  return new HandleLane({
    end: () => laneEnd(pipe => void pipe.open(fd)),
    discard: () => closeSync(fd),
    peerKnown: true,
  });
}
