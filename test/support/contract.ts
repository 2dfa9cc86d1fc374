import { describe, it } from 'vitest';
import type { ContractCase } from '../../src/testing/contract-case.js';

/** Registers the cases of a contract. */
export function holds(what: string, cases: readonly ContractCase[]): void {
  describe(what, () => {
    it.each(cases)('$name', ({ run }) => run());
  });
}
