import { contentLength } from '../../src/streams/content-length.js';
import { lengthPrefixed } from '../../src/streams/length-prefixed.js';
import { lines } from '../../src/streams/lines.js';
import { heedingRefusal } from '../../src/streams/refusal.js';
import { framingContract } from '../../src/testing/framing-contract.js';
import { holds } from '../support/contract.js';

holds('lines as a framing', framingContract(lines));
holds('contentLength as a framing', framingContract(contentLength));
holds(
  'lines of a parent as a framing',
  framingContract(() => heedingRefusal(lines(), 'json')),
);

const options = ([1, 2, 4] as const).flatMap(bytes =>
  (['big', 'little'] as const).flatMap(endian =>
    [false, true].map(includesItself => ({ bytes, endian, includesItself })),
  ),
);
for (const given of options) {
  holds(
    `lengthPrefixed(${JSON.stringify(given)}) as a framing`,
    framingContract(() => lengthPrefixed(given)),
  );
}
