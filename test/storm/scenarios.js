// @ts-check
// Every scenario: what it shows, and where it is written.

/** @typedef {{ name: string, shows: string, plan: 'storm' | 'soak', everyNode?: boolean }} Entry */

/** @type {readonly Entry[]} */
export const scenarios = [
  { name: 'exit', plan: 'storm', everyNode: true, shows: 'what was sent before an exit arrives' },
  { name: 'kill', plan: 'storm', shows: 'a child killed in a two-way flood takes nothing along' },
  { name: 'damage', plan: 'storm', shows: 'a damaged frame hurts no other' },
  { name: 'bad-flood', plan: 'storm', shows: 'nothing but bad frames is reported at a bounded rate' },
  { name: 'endless', plan: 'storm', shows: 'a frame without end is not stored' },
  { name: 'stopped', plan: 'storm', shows: 'a peer that stands still costs maxQueueBytes' },
  { name: 'faults', plan: 'storm', shows: 'whatever the transport does, each send settles once, in order' },
  { name: 'fuzz', plan: 'storm', shows: 'any bytes into any framing and codec' },
  { name: 'children', plan: 'soak', shows: 'children come and go and leave nothing behind' },
  { name: 'traffic', plan: 'soak', shows: 'traffic at full speed keeps its memory' },
];
