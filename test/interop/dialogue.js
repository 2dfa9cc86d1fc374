// @ts-check
// What the two sides of every cell say to each other. One leads, one follows; neither knows what carries it.

/**
 * What carries the dialogue: a channel of deka-ipc, or what a runtime has of its own.
 * @typedef {object} Link
 * @property {(message: unknown) => Promise<unknown> | undefined} send settles once it is sent, where one can know that
 * @property {(listener: (message: Message) => void) => void} onMessage
 * @property {Promise<unknown>} ended one of the two has left
 * @property {() => void} disconnect
 */

/**
 * Who ends it: the child or the parent disconnects, or the child calls process.exit() right behind its last words.
 * @typedef {'child' | 'parent' | 'exit'} Ending
 */

/** @typedef {{ kind: 'item', id: number, text: string }} Item comes back as it is */
/** @typedef {{ kind: 'finish', by: Ending }} Finish */
/** @typedef {{ kind: 'bye', received: number, inOrder: boolean }} Bye */
/** @typedef {{ kind: 'last', id: number }} Last */
/** @typedef {Item | Finish | Bye | Last} Message */

/**
 * What the leading side saw.
 * @typedef {object} Findings
 * @property {boolean} there the other side got all items in their order
 * @property {boolean} back and they came back so
 * @property {boolean} text no character was changed
 * @property {boolean} large the large one as well
 * @property {boolean} ended as `by` said
 */

export const EXIT_CODE = 7;
const SMALL = 10_000;
const LAST_WORDS = 5_000;
const TEXT = 'ąžuolas 樫 🌳 \u2028 \0 "\\n"';
const LARGE = '🌳'.repeat(256 * 1024); // four bytes each: 1 MB

/** @type {readonly Item[]} */
const ITEMS = [
  ...Array.from({ length: SMALL }, (_, id) => item(id, `${id} ${TEXT}`)),
  item(SMALL, LARGE),
  item(SMALL + 1, TEXT),
];

/** @param {number} id @param {string} text @returns {Item} */
function item(id, text) {
  return { kind: 'item', id, text };
}

/**
 * The parent's part.
 * @param {Link} link @param {Ending} by @returns {Promise<Findings>}
 */
export async function lead(link, by) {
  const findings = { there: false, back: true, text: true, large: false, ended: false };
  let back = 0;
  let last = 0;
  let lastInOrder = true;
  let said = false;
  link.onMessage(message => {
    if (message.kind === 'item') itemCame(message);
    if (message.kind === 'last') {
      lastInOrder &&= message.id === last;
      last += 1;
    }
    if (message.kind === 'bye') byeCame(message);
  });
  for (const one of ITEMS) void link.send(one)?.catch(() => {});
  await link.ended;
  findings.back &&= back === ITEMS.length;
  findings.text &&= findings.back;
  findings.ended = said && (by !== 'exit' || (lastInOrder && last === LAST_WORDS));
  return findings;

  /** @param {Item} item */
  function itemCame({ id, text }) {
    findings.back &&= id === back;
    if (id === SMALL) findings.large = text === LARGE;
    else findings.text &&= text === ITEMS[id]?.text;
    back += 1;
    if (back === ITEMS.length) void link.send({ kind: 'finish', by })?.catch(() => {});
  }

  /** @param {Bye} bye */
  function byeCame({ received, inOrder }) {
    said = true;
    findings.there = inOrder && received === ITEMS.length;
    if (by === 'parent') link.disconnect();
  }
}

/**
 * The child's part. It never calls process.exit() but where that is what is tried: a process that its channel still
 * holds after the end does not end, and that is found too.
 * @param {Link} link
 */
export function follow(link) {
  let received = 0;
  let inOrder = true;
  process.exitCode = 1;
  link.onMessage(async message => {
    if (message.kind === 'item') {
      inOrder &&= message.id === received;
      received += 1;
      void link.send(message);
    }
    if (message.kind === 'finish') await finish(message.by);
  });

  /** @param {Ending} by */
  async function finish(by) {
    process.exitCode = EXIT_CODE;
    const sent = link.send({ kind: 'bye', received, inOrder });
    if (by === 'exit') {
      for (let id = 0; id < LAST_WORDS; id += 1) void link.send({ kind: 'last', id });
      process.exit(EXIT_CODE);
    }
    await sent;
    if (by === 'child') link.disconnect();
  }
}
