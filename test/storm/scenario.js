// @ts-check
// What a scenario is, and what it may use.

/**
 * One line of the table. `ok` is undefined for a figure that stands there for comparison only.
 * @typedef {{ what: string, wanted: string, seen: string, ok?: boolean | undefined }} Finding
 */

/**
 * @typedef {object} Run
 * @property {number} seed
 * @property {() => number} random from 0 to below 1, the same ones for the same seed
 * @property {(count: number, least?: number) => number} scaled how many instead of `count`, which is for ten minutes
 * @property {number} minutes the whole storm is to take
 */

/**
 * Throws for what must never happen; what is measured is a finding.
 * @typedef {(run: Run) => Promise<Finding[]>} Scenario
 */

/** A finding that must be exactly so. @param {string} what @param {unknown} wanted @param {unknown} seen */
export function exactly(what, wanted, seen) {
  return { what, wanted: text(wanted), seen: text(seen), ok: text(wanted) === text(seen) };
}

/** A finding that must stay below a limit. @param {string} what @param {number} limit @param {number} seen @param {string} unit */
export function below(what, limit, seen, unit) {
  return { what, wanted: `< ${text(limit)} ${unit}`, seen: `${text(seen)} ${unit}`, ok: seen < limit };
}

/**
 * Samples that must not rise by more than 5 % from the third quarter to the fourth. Of a storm that is shorter than a
 * minute they are a figure only: it ends before memory has settled.
 * @param {string} what @param {readonly number[]} samples @param {number} minutes
 */
export function flat(what, samples, minutes) {
  const quarter = Math.ceil(samples.length / 4);
  const third = mean(samples.slice(-2 * quarter, -quarter));
  const growth = (mean(samples.slice(-quarter)) / third - 1) * 100;
  const title = `${what}, from its third quarter to its last: growth`;
  return minutes < 1 ? figure(title, `${text(growth)} %`) : below(title, 5, growth, '%');
}

/** @param {readonly number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A figure for comparison. @param {string} what @param {unknown} seen @returns {Finding} */
export function figure(what, seen) {
  return { what, wanted: '', seen: text(seen), ok: undefined };
}

/** Does the work `count` times, `lanes` at a time. @param {number} count @param {number} lanes @param {(at: number) => Promise<void>} work */
export async function times(count, lanes, work) {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** @param {unknown} value */
export function text(value) {
  if (typeof value !== 'number') return String(value);
  const digits = Number.isInteger(value) ? 0 : 1;
  return value
    .toFixed(digits)
    .replace(/\B(?=(\d{3})+(?!\d))/g, ' ')
    .replace(/^-0$/, '0');
}
