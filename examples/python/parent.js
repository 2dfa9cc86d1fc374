// node examples/python/parent.js
// Streams invoices through a program in Python that has never heard of this library, and adds up what comes back.
import { fileURLToPath } from 'node:url';
import { spawn } from 'deka-ipc';
import { groupBy, lastValueFrom, mergeMap, reduce, toArray } from 'rxjs';

/** @typedef {{ id: number, country: string, net: string }} Invoice */
/** @typedef {Invoice & { tax: string, gross: string }} Taxed */

const INVOICES = 6000;
const COUNTRIES = ['LT', 'DE', 'FI'];

const script = fileURLToPath(new URL('./child.py', import.meta.url));
/** @type {import('deka-ipc').ChildChannel<Invoice, Taxed>} */
const child = spawn('python3', [script], { stdio: 'inherit' });

const totals = lastValueFrom(
  child.messages$.pipe(
    groupBy(({ country }) => country),
    mergeMap(taxed$ => taxed$.pipe(reduce(add, { country: taxed$.key, invoices: 0, tax: 0, gross: 0 }))),
    toArray(),
  ),
);
await child.sendAll(invoices()); // takes from the generator only as fast as Python reads
await child.close(); // nothing more comes: Python sends its last answers and ends

for (const { country, invoices, tax, gross } of await totals) {
  console.log(`${country}: ${invoices} invoices, ${euros(tax)} tax, ${euros(gross)} in all`);
}
console.log('child exited with', (await child.exited).code);

/** @returns {Generator<Invoice>} */
function* invoices() {
  for (let id = 0; id < INVOICES; id += 1) {
    yield { id, country: COUNTRIES[id % COUNTRIES.length] ?? '', net: ((id % 977) + 0.99).toFixed(2) };
  }
}

/**
 * In cents: a sum of euros as binary fractions would not be exact.
 * @param {{ country: string, invoices: number, tax: number, gross: number }} sum @param {Taxed} taxed
 */
function add({ country, invoices, tax, gross }, taxed) {
  return { country, invoices: invoices + 1, tax: tax + cents(taxed.tax), gross: gross + cents(taxed.gross) };
}

/** @param {string} amount */
function cents(amount) {
  return Number(amount.replace('.', ''));
}

/** @param {number} cents */
function euros(cents) {
  return `€${(cents / 100).toFixed(2)}`;
}
