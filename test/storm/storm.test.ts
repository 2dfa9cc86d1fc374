import { describe, expect, it } from 'vitest';
import { scenarios } from './scenarios.js';
import { startScenario } from './start.js';

// The quick form of test:storm and test:soak: the same scenarios, smaller, on this Node. Figures that need time to settle
// are left to the long form.
const MINUTES = 0.02;
const SEED = 4;
const LIMIT_MS = 60_000;

describe('a small storm', () => {
  it.each(scenarios.map(({ name, shows }) => [name, shows]))(
    '%s: %s',
    async name => {
      const findings = await startScenario(name, { seed: SEED, minutes: MINUTES, limitMs: LIMIT_MS });
      expect(findings.filter(({ ok }) => ok === false)).toEqual([]);
      expect(findings.length).toBeGreaterThan(0);
    },
    2 * LIMIT_MS,
  );
});
