/**
 * One test of a contract: a name, and a function that throws (or rejects) if the contract is broken. Whatever registers
 * tests by a name and a function can run it: `node:test`, Vitest, Jest, Mocha.
 *
 * @example
 * for (const { name, run } of framingContract(myFraming)) test(name, run);
 */
export interface ContractCase {
  readonly name: string;
  run(): void | Promise<void>;
}
