import type { End } from './ends.js';

/** Both ends of somebody's link between a parent and its child. */
export interface Sides {
  /** Starts the child and returns this side's end. */
  start(module: URL, args: readonly string[]): End | Promise<End>;
  /** The other end, inside the child. */
  inChild(): End | Promise<End>;
  /** The child that says it is up and does nothing else, where it is not `up.js`. */
  readonly up?: URL;
}

/** Somebody who takes part. */
export interface Contender {
  readonly name: string;
  /** This library, Node's own, others, or what no link can be faster than. */
  readonly family: 'own' | 'node' | 'neighbour' | 'limit';
  /** How floods are sent. */
  readonly manner: 'one by one' | 'in batches';
  /** Whether the link tells a sender when to wait. */
  readonly tellsToWait: boolean;
  /** What it does differently: printed below the table where it is ahead of this library. */
  readonly note?: string;
  /** The package it needs, by the name that is imported. */
  readonly needs?: string;
  /** The runtime that both its sides run in; otherwise Node. */
  readonly runtime?: 'bun' | 'deno';
  /** The share of a workload that it is given: less for those that would take minutes. Default 1. */
  readonly share?: number;
  /** Not part of a quick run, unless asked for by name. */
  readonly notIfQuick?: true;
  /** Loads what it is made of. Only the contender that is measured is loaded. */
  sides(): Promise<Sides>;
}
