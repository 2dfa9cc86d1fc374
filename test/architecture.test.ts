import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// The rules of docs and design as functions: a map of files in, the violations out. So each rule can be shown a tree
// that breaks it.

/** Path from the root of the repository → text. */
type Sources = ReadonlyMap<string, string>;

/** `import type` and `export type` are gone when the program runs; everything else loads the file. */
interface Import {
  /** A path from the root of the repository, or the name of a package. */
  readonly from: string;
  readonly kind: 'value' | 'type';
  readonly reExport: boolean;
}

type Tree = ReadonlyMap<string, readonly Import[]>;

const MAX_LINES = 250;
const ROOM = /^src\/(\w+)\//;

function treeOf(sources: Sources): Tree {
  return new Map([...sources].map(([file, text]) => [file, importsOf(file, text)]));
}

function importsOf(file: string, text: string): Import[] {
  const code = withoutComments(text);
  const clauses = code.matchAll(/^(import|export)\b(?:([^;'"`=]*?)\bfrom)?\s*'([^']+)'/gm);
  const dynamic = code.matchAll(/\bimport\(\s*'([^']+)'/g);
  return [
    ...[...clauses].map(([, keyword, names = '', from = '']) => ({
      from: resolved(file, from),
      kind: names.trimStart().startsWith('type') ? ('type' as const) : ('value' as const),
      reExport: keyword === 'export',
    })),
    ...[...dynamic].map(([, from = '']) => ({
      from: resolved(file, from),
      kind: 'value' as const,
      reExport: false,
    })),
  ];
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

function resolved(file: string, from: string): string {
  if (!from.startsWith('.')) return from;
  return posix.join(posix.dirname(file), from).replace(/\.js$/, '.ts');
}

/** `src/streams/lines.ts` → `streams`; a file directly in src has no room. */
function roomOf(path: string): string | undefined {
  return ROOM.exec(path)?.[1];
}

function isIndex(path: string): boolean {
  return path === 'src/index.ts';
}

/** Every import that may not be, as `file → from`. */
function imports(tree: Tree, forbidden: (file: string, of: Import) => boolean): string[] {
  return [...tree].flatMap(([file, all]) =>
    all.filter(one => forbidden(file, one)).map(one => `${file} → ${one.from}`),
  );
}

function danglingImports(tree: Tree): string[] {
  return imports(tree, (_file, { from }) => from.startsWith('src/') && !tree.has(from));
}

/** What each room may not know of. */
const STRANGERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['streams', ['transport', 'channel']],
  ['transport', ['streams', 'channel']],
]);

function importsOfStrangers(tree: Tree): string[] {
  return imports(tree, (file, { from }) => {
    const strangers = STRANGERS.get(roomOf(file) ?? '') ?? [];
    return strangers.includes(roomOf(from) ?? '');
  });
}

function importsOfIndex(tree: Tree): string[] {
  return imports(tree, (file, { from }) => roomOf(file) !== undefined && isIndex(from));
}

function importsOfErrors(tree: Tree): string[] {
  return imports(tree, file => file === 'src/errors.ts');
}

function importsOfRxjs(tree: Tree): string[] {
  return imports(tree, (file, { from }) => file !== 'src/rx.ts' && /^rxjs(\/|$)/.test(from));
}

/** The drop-in for node:child_process gives back to it whatever is not IPC, and re-exports the rest. */
const DROP_IN: readonly string[] = ['src/child_process.ts', 'src/node/child-process.ts'];

function processesOutsideTransport(tree: Tree): string[] {
  const guarded = /^(node:)?(net|child_process)$/;
  return imports(
    tree,
    (file, { from, kind }) =>
      roomOf(file) !== 'transport' && !DROP_IN.includes(file) && kind === 'value' && guarded.test(from),
  );
}

/** Files directly in src are the entries of the package: doors into rooms. */
function reExports(tree: Tree): string[] {
  return imports(tree, (file, { reExport }) => reExport && roomOf(file) !== undefined);
}

/** Circles as `a → b → a`, each from its alphabetically first file. Of circles that share an import perhaps only one. */
function circles(tree: Tree): string[] {
  const found = new Set<string>();
  const finished = new Set<string>();
  for (const file of tree.keys()) visit(file, []);
  return [...found];

  function visit(file: string, path: readonly string[]): void {
    const start = path.indexOf(file);
    if (start !== -1) {
      found.add(circle(path.slice(start)));
      return;
    }
    if (finished.has(file)) return;
    for (const { from } of tree.get(file) ?? []) visit(from, [...path, file]);
    finished.add(file);
  }

  function circle(files: readonly string[]): string {
    const first = files.indexOf([...files].sort()[0] ?? '');
    const turned = [...files.slice(first), ...files.slice(0, first)];
    return [...turned, turned[0]].join(' → ');
  }
}

function defaultExports(sources: Sources): string[] {
  return filesWhere(sources, text => /^export\s+default\b|\bas\s+default\b/m.test(withoutComments(text)));
}

function longFiles(sources: Sources): string[] {
  return filesWhere(sources, text => text.trimEnd().split('\n').length > MAX_LINES);
}

function filesWhere(sources: Sources, violates: (text: string) => boolean): string[] {
  return [...sources].filter(([, text]) => violates(text)).map(([file]) => file);
}

function readSources(): Sources {
  const root = fileURLToPath(new URL('../src', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
  return new Map(
    files.map(file => [`src/${file.replaceAll('\\', '/')}`, readFileSync(`${root}/${file}`, 'utf8')]),
  );
}

function madeUp(files: Readonly<Record<string, string>>): Sources {
  return new Map(Object.entries(files));
}

describe('the source tree', () => {
  const sources = readSources();
  const tree = treeOf(sources);

  it('is what these rules were written for', () => {
    const rooms = [...tree.keys()].map(file => roomOf(file) ?? file);

    expect(new Set(rooms)).toEqual(new Set([...rooms, 'streams', 'transport', 'channel']));
    expect([...tree.keys()]).toEqual(expect.arrayContaining(['src/index.ts', 'src/errors.ts', 'src/rx.ts']));
  });

  it('has every import read: as many as there are specifiers in the text', () => {
    const specifiers = /(?:\bfrom\s+|^import\s+|\bimport\()'[^']+'/gm;
    const counted = [...sources].map(([file, text]) => [
      file,
      withoutComments(text).match(specifiers)?.length ?? 0,
    ]);

    expect([...tree].map(([file, all]) => [file, all.length])).toEqual(counted);
  });

  it.each<[string, (of: Tree) => string[]]>([
    ['imports only files that exist', danglingImports],
    ['keeps streams and transport from each other and from channel', importsOfStrangers],
    ['has no room that imports index', importsOfIndex],
    ['has errors that import nothing', importsOfErrors],
    ['has no circles, of types neither', circles],
    ['imports rxjs through src/rx.ts alone', importsOfRxjs],
    ['opens sockets and starts processes in transport alone', processesOutsideTransport],
    ['re-exports from its entries alone', reExports],
  ])('%s', (_rule, violations) => {
    expect(violations(tree)).toEqual([]);
  });

  it('has no default exports, but for the one that node:child_process has', () => {
    expect(defaultExports(sources)).toEqual(['src/child_process.ts']);
  });

  it(`has no file of more than ${MAX_LINES} lines`, () => {
    expect(longFiles(sources)).toEqual([]);
  });
});

describe('reading imports', () => {
  it.each<[string, string, readonly Import[]]>([
    ['names', "import { a } from './b.js';", [{ from: 'src/room/b.ts', kind: 'value', reExport: false }]],
    [
      'names on lines of their own',
      "import {\n  a,\n  type B,\n} from '../b.js';",
      [{ from: 'src/b.ts', kind: 'value', reExport: false }],
    ],
    ['a default', "import split2 from 'split2';", [{ from: 'split2', kind: 'value', reExport: false }]],
    [
      'everything',
      "import * as net from 'node:net';",
      [{ from: 'node:net', kind: 'value', reExport: false }],
    ],
    ['types', "import type { A } from './b.js';", [{ from: 'src/room/b.ts', kind: 'type', reExport: false }]],
    // Stays behind as `import {} from` and loads the file.
    [
      'only names that are types',
      "import { type A } from 'node:net';",
      [{ from: 'node:net', kind: 'value', reExport: false }],
    ],
    [
      'nothing, for what it does',
      "import './b.js';",
      [{ from: 'src/room/b.ts', kind: 'value', reExport: false }],
    ],
    ['later', "await import('./b.js');", [{ from: 'src/room/b.ts', kind: 'value', reExport: false }]],
    ['to export', "export { a } from './b.js';", [{ from: 'src/room/b.ts', kind: 'value', reExport: true }]],
    ['to export all', "export * from './b.js';", [{ from: 'src/room/b.ts', kind: 'value', reExport: true }]],
    [
      'types to export',
      "export type { A } from './b.js';",
      [{ from: 'src/room/b.ts', kind: 'type', reExport: true }],
    ],
    ['examples in comments', "/**\n * import { a } from './b.js';\n */\n// import './c.js';", []],
    ['exports of its own', "export const from = 'x';\nexport function a() {}", []],
  ])('finds %s', (_what, text, expected) => {
    expect(importsOf('src/room/a.ts', text)).toEqual(expected);
  });

  it('finds each of several', () => {
    const text =
      "import a from 'a';\nimport type { B } from 'b';\n\nexport const c = 1;\nexport { d } from 'd';\n";

    expect(importsOf('src/a.ts', text).map(({ from }) => from)).toEqual(['a', 'b', 'd']);
  });
});

describe('a tree that breaks a rule', () => {
  it.each<[string, (of: Tree) => string[], Readonly<Record<string, string>>, readonly string[]]>([
    [
      'a file that is not there',
      danglingImports,
      { 'src/a.ts': "import './gone.js';" },
      ['src/a.ts → src/gone.ts'],
    ],
    [
      'streams that import transport',
      importsOfStrangers,
      { 'src/streams/a.ts': "import { b } from '../transport/b.js';", 'src/transport/b.ts': '' },
      ['src/streams/a.ts → src/transport/b.ts'],
    ],
    [
      'streams that import a type of channel',
      importsOfStrangers,
      { 'src/streams/a.ts': "import type { B } from '../channel/b.js';" },
      ['src/streams/a.ts → src/channel/b.ts'],
    ],
    [
      'transport that imports streams',
      importsOfStrangers,
      { 'src/transport/a.ts': "import { b } from '../streams/b.js';" },
      ['src/transport/a.ts → src/streams/b.ts'],
    ],
    [
      'transport that imports channel later',
      importsOfStrangers,
      { 'src/transport/a.ts': "await import('../channel/b.js');" },
      ['src/transport/a.ts → src/channel/b.ts'],
    ],
    [
      'a room that imports index',
      importsOfIndex,
      { 'src/channel/a.ts': "import { b } from '../index.js';", 'src/main.ts': "import './index.js';" },
      ['src/channel/a.ts → src/index.ts'],
    ],
    [
      'errors that import something',
      importsOfErrors,
      { 'src/errors.ts': "import type { A } from 'node:util';" },
      ['src/errors.ts → node:util'],
    ],
    [
      'a circle of two',
      circles,
      { 'src/b.ts': "import './a.js';", 'src/a.ts': "import type { B } from './b.js';" },
      ['src/a.ts → src/b.ts → src/a.ts'],
    ],
    [
      'a circle of three behind a file that is not in it',
      circles,
      {
        'src/0.ts': "import './b.js';\nimport './a.js';",
        'src/a.ts': "import './b.js';",
        'src/b.ts': "import './c.js';",
        'src/c.ts': "import './a.js';",
      },
      ['src/a.ts → src/b.ts → src/c.ts → src/a.ts'],
    ],
    ['a file that imports itself', circles, { 'src/a.ts': "import './a.js';" }, ['src/a.ts → src/a.ts']],
    [
      'rxjs beside src/rx.ts',
      importsOfRxjs,
      {
        'src/rx.ts': "import 'rxjs';",
        'src/a.ts': "import type { Observable } from 'rxjs';",
        'src/streams/b.ts': "import { map } from 'rxjs/operators';",
        'src/c.ts': "import 'rxjs-like';",
      },
      ['src/a.ts → rxjs', 'src/streams/b.ts → rxjs/operators'],
    ],
    [
      'processes and sockets outside transport',
      processesOutsideTransport,
      {
        'src/channel/a.ts': "import { fork } from 'node:child_process';",
        'src/channel/b.ts': "import type { ChildProcess } from 'node:child_process';",
        'src/streams/c.ts': "import net from 'net';",
        'src/transport/d.ts': "import { Socket } from 'node:net';",
      },
      ['src/channel/a.ts → node:child_process', 'src/streams/c.ts → net'],
    ],
    [
      'a barrel',
      reExports,
      {
        'src/streams/all.ts': "export * from './lines.js';",
        'src/index.ts': "export { a } from './a.js';",
        'src/codec.ts': "export { b } from './streams/b.js';",
        'src/rx.ts': "export { Subject } from 'rxjs/internal/Subject';",
      },
      ['src/streams/all.ts → src/streams/lines.ts'],
    ],
  ])('is told of: %s', (_what, violations, files, expected) => {
    expect(violations(treeOf(madeUp(files)))).toEqual(expected);
  });

  it('is told of default exports, and not of comments about them', () => {
    const files = {
      'src/a.ts': 'export default 1;',
      'src/b.ts': 'const b = 1;\nexport { b as default };',
      'src/c.ts': '// export default\nexport const c = 1;',
    };

    expect(defaultExports(madeUp(files))).toEqual(['src/a.ts', 'src/b.ts']);
  });

  it('is told of files that are too long', () => {
    const files = { 'src/a.ts': 'x\n'.repeat(MAX_LINES), 'src/b.ts': 'x\n'.repeat(MAX_LINES + 1) };

    expect(longFiles(madeUp(files))).toEqual(['src/b.ts']);
  });

  it('is not told of a path that meets again without a circle', () => {
    const files = {
      'src/a.ts': "import './b.js';\nimport './c.js';",
      'src/b.ts': "import './d.js';",
      'src/c.ts': "import './d.js';",
      'src/d.ts': '',
    };

    expect(circles(treeOf(madeUp(files)))).toEqual([]);
  });
});
