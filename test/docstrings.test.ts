import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../src/channel/options.js';

/** A name that users import, and the text above and behind its declaration. */
interface Declared {
  readonly name: string;
  readonly kind: string;
  readonly doc: string;
  /** From the name to the end of the declaration. */
  readonly code: string;
}

interface Property {
  readonly name: string;
  readonly doc: string;
}

const DOC = String.raw`(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/[ \t]*\n[ \t]*)?`;

function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');
}

/** The names of an index that are there when the program runs, each with its file. */
function valueExports(index: string): { name: string; file: string }[] {
  const clauses = index.matchAll(/^export\s*\{([^}]*)\}\s*from\s*'\.\/([^']+)\.js'/gm);
  return [...clauses].flatMap(([, names = '', file = '']) =>
    names
      .split(',')
      .map(name => name.trim())
      .filter(name => name !== '' && !name.startsWith('type '))
      .map(name => ({ name, file: `src/${file}.ts` })),
  );
}

/** The values that a file declares and exports. */
function declaredNames(source: string): string[] {
  return [...source.matchAll(/^export (?:async )?(?:function\*?|class|const) ([\w$]+)/gm)].map(
    ([, name = '']) => name,
  );
}

function declared(source: string, name: string): Declared | undefined {
  const declaration = String.raw`^export (?:async )?(function\*?|class|const) ${escaped(name)}(?![\w$])`;
  const found = new RegExp(`${DOC}${declaration}`, 'm').exec(source);
  if (found === null) return undefined;
  const [text, doc = '', kind = ''] = found;
  const [code = ''] = source.slice(found.index + text.length).split(/\n\}/, 1);
  return { name, kind, doc, code };
}

/** The properties of an exported interface, with what stands above each. */
function propertiesOf(source: string, name: string): Property[] {
  const body =
    new RegExp(String.raw`^export interface ${name}\b[^{]*\{\n([\s\S]*?)\n\}`, 'm').exec(source)?.[1] ?? '';
  const properties = body.matchAll(new RegExp(String.raw`${DOC}^ {2}readonly (\w+)\??:`, 'gm'));
  return [...properties].map(([, doc = '', property = '']) => ({ name: property, doc }));
}

function escaped(name: string): string {
  return name.replaceAll('$', String.raw`\$`);
}

/** What follows `@throws`, up to the next tag. */
function throwsOf(doc: string): string {
  return /@throws([\s\S]*?)(?=\n\s*\* @|$)/.exec(doc)?.[1] ?? '';
}

function codesIn(text: string): string[] {
  return text.match(/\bERR_[A-Z_]+\b/g) ?? [];
}

/** Options of a channel are checked where they are taken. */
function checksOptions({ code }: Declared): boolean {
  return /(Channel|Listen)\w*Options</.test(code);
}

/** Entries of the package that pass on what stands in a room. */
const RE_EXPORTING: readonly string[] = ['src/index.ts', 'src/msgpack.ts', 'src/cbor.ts', 'src/testing.ts'];
/** Entries of the package that declare what they export themselves. */
const DECLARING: readonly string[] = ['src/raw.ts'];
const EXPORTS = [
  ...RE_EXPORTING.flatMap(file => valueExports(read(file))),
  ...DECLARING.flatMap(file => declaredNames(read(file)).map(name => ({ name, file }))),
];
const PUBLIC = EXPORTS.map(
  ({ name, file }) => declared(read(file), name) ?? { name, kind: 'missing', doc: '', code: '' },
);
const FUNCTIONS = PUBLIC.filter(({ kind }) => kind === 'function');
const CHECKING = FUNCTIONS.filter(checksOptions);
const THROWING = FUNCTIONS.filter(({ code }) => codesIn(code).length > 0);
const CODES = [...read('src/errors.ts').matchAll(/^ {2}\| '(ERR_\w+)'/gm)].map(([, code = '']) => code);

/** The codes that a function documents, or those of the function it refers to. */
function documentedCodes({ doc }: Declared): string[] {
  const text = throwsOf(doc);
  const [, other] = /as \{@link (\w+)\}/.exec(text) ?? [];
  return codesIn(text + throwsOf(PUBLIC.find(({ name }) => name === other)?.doc ?? ''));
}

describe('the names of the entries', () => {
  it('are found', () => {
    const names = PUBLIC.map(({ name }) => name);

    expect(names).toEqual(
      expect.arrayContaining([
        'fork',
        'parent',
        'metrics$',
        'IpcError',
        'json',
        'msgpack',
        'cbor',
        'childIpcRead',
      ]),
    );
    expect(PUBLIC.filter(({ kind }) => kind === 'missing')).toEqual([]);
  });

  it.each(PUBLIC)('have a doc comment directly above: $name', ({ doc }) => {
    expect(doc.trim()).toMatch(/^\*? ?\w/);
  });

  it.each(FUNCTIONS)('have an example if they are functions: $name', ({ doc }) => {
    expect(doc).toMatch(/@example\n \* \S/);
  });

  it('are, among others, these functions that check options or throw themselves', () => {
    const checking = ['open', 'pair', 'stdio', 'fork', 'spawn', 'parent', 'connect', 'listen'];

    expect(CHECKING.map(({ name }) => name)).toEqual(expect.arrayContaining(checking));
    expect(THROWING.map(({ name }) => name)).toContain('json');
  });

  it.each(CHECKING)('document ERR_INVALID_OPTION if they check options: $name', one => {
    expect(documentedCodes(one)).toContain('ERR_INVALID_OPTION');
  });

  it.each(THROWING)('document each code that stands in their own code: $name', ({ code, doc }) => {
    expect(codesIn(doc)).toEqual(expect.arrayContaining(codesIn(code)));
  });

  it.each([
    ['parent', ['ERR_NO_PARENT_CHANNEL', 'ERR_BAD_CHANNEL_FD', 'ERR_UNSUPPORTED_PLATFORM']],
    ['spawn', ['ERR_UNSUPPORTED_PLATFORM', 'ERR_TRANSPORT']],
    ['fork', ['ERR_UNSUPPORTED_PLATFORM', 'ERR_TRANSPORT']],
    ['connect', ['ERR_TRANSPORT', 'ERR_SOCKET_PATH', 'ERR_UNSUPPORTED_PLATFORM']],
    ['listen', ['ERR_TRANSPORT', 'ERR_SOCKET_PATH', 'ERR_UNSUPPORTED_PLATFORM']],
    [
      'childIpcSend',
      ['ERR_ENCODE', 'ERR_BAD_CHANNEL_FD', 'ERR_CHANNEL_CLOSED', 'ERR_TRANSPORT', 'ERR_UNSUPPORTED_PLATFORM'],
    ],
    [
      'childIpcRead',
      [
        'ERR_DECODE',
        'ERR_FRAME_TOO_LARGE',
        'ERR_BAD_CHANNEL_FD',
        'ERR_CHANNEL_CLOSED',
        'ERR_TRANSPORT',
        'ERR_UNSUPPORTED_PLATFORM',
      ],
    ],
  ])('document what the rooms below throw: %s', (name, codes) => {
    const documented = PUBLIC.filter(one => one.name === name).flatMap(documentedCodes);

    expect(documented).toEqual(expect.arrayContaining(codes));
  });
});

describe('options', () => {
  const options = propertiesOf(read('src/channel/options.ts'), 'ChannelOptions');
  const defaults = Object.keys(resolveOptions({}));

  it('of a channel are those that have a default, and signal', () => {
    expect(options.map(({ name }) => name).sort()).toEqual([...defaults, 'signal'].sort());
  });

  it.each(defaults)('of a channel name their default: %s', name => {
    expect(options.find(option => option.name === name)?.doc).toMatch(/\bdefault\b/i);
  });

  it.each([
    ['src/channel/options.ts', 'ChannelOptions'],
    ['src/channel/sockets.ts', 'ListenOptions'],
    ['src/streams/json.ts', 'JsonOptions'],
    ['src/streams/length-prefixed.ts', 'LengthPrefixedOptions'],
    ['src/streams/msgpack.ts', 'MsgpackOptions'],
    ['src/streams/v8.ts', 'V8Options'],
    ['src/testing/codec-contract.ts', 'CodecContractOptions'],
    ['src/testing/framing-contract.ts', 'FramingContractOptions'],
  ])('are all described: %s, %s', (file, name) => {
    const properties = propertiesOf(read(file), name);

    expect(properties).not.toEqual([]);
    expect(properties.filter(({ doc }) => doc.trim() === '')).toEqual([]);
  });
});

describe('error codes', () => {
  const page = existsSync(fileURLToPath(new URL('../docs/errors.md', import.meta.url)))
    ? read('docs/errors.md')
    : '';
  const headings = [...page.matchAll(/^## (ERR_\w+)\s*$/gm)].map(([, code = '']) => code);

  it('are found', () => {
    expect(CODES).toEqual(expect.arrayContaining(['ERR_CHANNEL_CLOSED', 'ERR_ENCODE', 'ERR_TRANSPORT']));
  });

  it.each(CODES)('have a heading in docs/errors.md: %s', code => {
    expect(headings).toContain(code);
  });

  it('are the only headings of that kind', () => {
    expect(headings.filter(heading => !CODES.includes(heading))).toEqual([]);
  });

  it('are the only ones that doc comments name', () => {
    expect(PUBLIC.flatMap(({ doc }) => codesIn(doc)).filter(code => !CODES.includes(code))).toEqual([]);
  });
});

describe('reading doc comments', () => {
  it('finds names of the index that are values', () => {
    const index =
      "export type { A } from './a.js';\nexport {\n  type B,\n  b,\n  c$,\n} from './room/b.js';\n";

    expect(valueExports(index)).toEqual([
      { name: 'b', file: 'src/room/b.ts' },
      { name: 'c$', file: 'src/room/b.ts' },
    ]);
  });

  it('takes the comment directly above, and no other', () => {
    const source =
      '/** Of a. */\nexport const a = 1;\nexport function b() {}\n/** Of c. */\n\nexport function c() {}\n';

    expect(declared(source, 'a')?.doc).toBe(' Of a. ');
    expect(declared(source, 'b')?.doc).toBe('');
    expect(declared(source, 'c')?.doc).toBe('');
  });

  it('does not take a longer name for a shorter one', () => {
    const source = '/** Of ab. */\nexport function ab() {}\n/** Of a$. */\nexport function a$() {}\n';

    expect(declared(source, 'a')).toBeUndefined();
    expect(declared(source, 'a$')?.doc).toBe(' Of a$. ');
  });

  it('finds functions that check options', () => {
    const source = [
      'export function checks(options: ChannelOptions<A, B> = {}) {',
      '}',
      'export async function forks(options: ForkChannelOptions<A, B>) {',
      '}',
      'export function neither(options: JsonOptions) {',
      '}',
      'function inner(options: ChannelOptions<A, B>) {',
    ].join('\n');
    const found = ['checks', 'forks', 'neither']
      .map(name => declared(source, name))
      .filter(one => one !== undefined);

    expect(found).toHaveLength(3);
    expect(found.filter(checksOptions).map(({ name }) => name)).toEqual(['checks', 'forks']);
  });

  it('finds codes behind @throws, not before it nor behind another tag', () => {
    expect(codesIn(throwsOf('ERR_A\n * @throws `ERR_B`, (rejects) ERR_C\n * @example\n * ERR_D'))).toEqual([
      'ERR_B',
      'ERR_C',
    ]);
  });

  it('finds properties with and without a comment', () => {
    const source = 'export interface O<A = B> {\n  /** Of a. */\n  readonly a?: 1;\n  readonly b: 2;\n}\n';

    expect(propertiesOf(source, 'O')).toEqual([
      { name: 'a', doc: ' Of a. ' },
      { name: 'b', doc: '' },
    ]);
  });
});
