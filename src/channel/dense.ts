/**
 * The same list, with `undefined` where it has holes: `map` and `every` pass them over, so that a message fewer would be sent
 * than was counted. What undefined is, the codec says.
 */
export function dense<T>(list: readonly T[]): readonly T[] {
  // The one search that finds both, in a nanosecond an element.
  return list.includes(undefined as T) ? Array.from(list) : list;
}
