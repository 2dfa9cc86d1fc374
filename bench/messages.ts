/** Messages of one size. */
export interface MessageKind {
  make(id: number): object;
  /** How many go into one `sendMany`. */
  readonly batch: number;
}

export type MessageName = 'small' | '1 KB' | '64 KB';

export const MESSAGES: Readonly<Record<MessageName, MessageKind>> = {
  small: { make: smallMessage, batch: 500 },
  '1 KB': { make: order, batch: 64 },
  '64 KB': { make: page, batch: 4 },
};

/** The small message that every published figure of this project is about: 96 bytes with its envelope. */
export function smallMessage(id: number): object {
  return { id, type: 'trade', symbol: 'BTCUSD', price: 64250.5 + (id % 100), qty: id % 1000 };
}

/** About 1 000 bytes of JSON: texts, numbers, and records in records. */
function order(id: number): object {
  return {
    id,
    customer: {
      name: `Customer ${id % 1000}`,
      mail: `customer${id % 1000}@example.com`,
      since: 2001 + (id % 20),
    },
    shipping: { street: 'Gedimino prospektas 9', city: 'Vilnius', zip: 'LT-01103', express: id % 2 === 0 },
    items: Array.from({ length: 9 }, (_, n) => ({
      sku: `SKU-${(id * 7 + n) % 10_000}`,
      title: `Item number ${n} of the order`,
      price: 9.99 + n,
      count: 1 + (n % 3),
    })),
    note: null,
  };
}

/** About 64 000 bytes of JSON. */
function page(id: number): object {
  return { page: id, orders: Array.from({ length: 64 }, (_, n) => order(id * 64 + n)) };
}
