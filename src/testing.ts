export { pair } from './channel/open.js';
export { type CodecContractOptions, codecContract } from './testing/codec-contract.js';
export type { ContractCase } from './testing/contract-case.js';
export {
  type Fault,
  type FaultRates,
  type FaultScript,
  randomFaults,
  seededRandom,
} from './testing/faults.js';
export { faultyTransport } from './testing/faulty-transport.js';
export { type FramingContractOptions, framingContract } from './testing/framing-contract.js';
export { type Answering, ScriptedTransport } from './testing/scripted-transport.js';
export { type TransportPair, transportContract } from './testing/transport-contract.js';
export { memoryTransports } from './transport/memory.js';
