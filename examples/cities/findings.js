// What is found out about the stream of cities: ordinary RxJS operators, which do not care where it comes from.
import { forkJoin, map, reduce, share } from 'rxjs';
import { blankMap, plot } from './canvas.js';

/** @typedef {import('./enrich.js').Placed} Placed */
/** @typedef {import('rxjs').Observable<Placed>} Placed$ */

/** @param {Placed$} source$ */
export function findings(source$) {
  const placed$ = source$.pipe(share());
  return forkJoin({
    map: placed$.pipe(reduce(plot, blankMap())),
    countries: tally(placed$, ({ country }) => country),
    names: tally(placed$, ({ name }) => name),
    north: most(placed$, ({ lat }) => lat),
    south: most(placed$, ({ lat }) => -lat),
    far: most(placed$, ({ km }) => km),
  });
}

/** How often each key comes, most often first. @param {Placed$} placed$ @param {(placed: Placed) => string} keyOf */
function tally(placed$, keyOf) {
  return placed$.pipe(
    reduce(
      (counts, placed) => increment(counts, keyOf(placed)),
      /** @type {Map<string, number>} */ (new Map()),
    ),
    map(counts => [...counts].sort(([, a], [, b]) => b - a)),
  );
}

/** @param {Map<string, number>} counts @param {string} key */
function increment(counts, key) {
  return counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** @param {Placed$} placed$ @param {(placed: Placed) => number} measure */
function most(placed$, measure) {
  return placed$.pipe(reduce((best, placed) => (measure(placed) > measure(best) ? placed : best)));
}
