// What is loaded at a start, in few files: 50 modules of our own cost a process 60 ms, one costs 3.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { licences } from './licences.js';

const REQUIRE = "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);";

/** What `import.meta` has in CommonJS: nothing once a bundler has made an ES module of it. */
const META =
  "'use strict';const $meta = typeof __filename === 'string' ? { url: require('node:url').pathToFileURL(__filename).href } : {};";

/**
 * The entries that need rxjs are CommonJS, which requires what Node and rxjs have faster than an ES module imports it (of
 * rxjs, four files: 12 ms for 36), and gets the very same classes.
 */
const WITH_RXJS = ['index', 'child_process', 'testing'];

/**
 * What an entry requires when it is asked for, not before: of rxjs 19 files, which take a third of a start, and who sends, and
 * loops over what comes, needs none of them; of Node what few need.
 *
 * @type {import('esbuild').Plugin}
 */
const late = {
  name: 'late',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^rxjs\/|^node:(?:child_process|os|worker_threads)$/ }, ({ path, namespace }) =>
      namespace === 'late' ? { path, external: true } : { path, namespace: 'late' },
    );
    onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => ({ contents: lateModule(path) }));
    // The codec v8, for node:v8 takes three modules of Node's own and five bindings. It is in the same file, and run when it is asked for.
    onResolve({ filter: /\/v8\.[jt]s$/ }, ({ path, resolveDir, namespace }) =>
      namespace === 'late codec'
        ? { path }
        : { path: join(resolveDir, path.replace(/js$/, 'ts')), namespace: 'late codec' },
    );
    onLoad({ filter: /.*/, namespace: 'late codec' }, ({ path }) => ({ contents: lateText(path, ['v8']) }));
  },
};

const { exports } = JSON.parse(await readFile('package.json', 'utf8'));
const shared = { bundle: true, platform: 'node', target: 'node20', metafile: true, legalComments: 'none' };

// The preload of a child, with split2 in it: it is loaded before the program's own modules.
const preload = await build({
  ...shared,
  plugins: [late],
  entryPoints: ['src/register.ts'],
  outfile: 'dist/register.cjs',
  format: 'cjs',
  define: { 'import.meta.filename': '__filename' },
});
await writeFile('dist/register.d.cts', 'export {};\n');

// Each entry is one file. What they have in common is in them twice, which costs less than a third file to find and read;
// an IpcError of one is an instance of the other's (src/errors.ts).
const entries = Object.values(exports)
  .map(entry => /^\.\/dist\/entry\/(\w+)\.js$/.exec(entry.default)?.[1])
  .filter(name => name !== undefined);
const library = await build({
  ...shared,
  entryPoints: entries.filter(name => !WITH_RXJS.includes(name)).map(name => `src/${name}.ts`),
  outdir: 'dist/entry',
  format: 'esm',
  packages: 'external',
});
const withRxjs = await build({
  ...shared,
  plugins: [late],
  entryPoints: WITH_RXJS.map(name => `src/${name}.ts`),
  outdir: 'dist/entry',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  packages: 'external',
  define: { 'import.meta': '$meta' },
  banner: { js: META },
});
for (const name of WITH_RXJS) await writeDoor(name);
for (const name of entries) await writeFile(`dist/entry/${name}.d.ts`, `export * from '../${name}.js';\n`);

// The bench: what it needs beside this library is in it, so that whoever installs the library installs nothing for it. In
// pieces, for each measurement loads what it measures and nothing else.
await rm('dist/bench', { recursive: true, force: true });
const bench = await build({
  ...shared,
  entryPoints: ['main', 'measure', 'child', 'up', 'up-deka', 'up-fork'].map(name => `bench/${name}.ts`),
  outdir: 'dist/bench',
  format: 'esm',
  splitting: true,
  minify: true,
  external: ['deka-ipc', 'deka-ipc/*'],
  // Some of it is CommonJS and requires what Node has.
  banner: { js: REQUIRE },
});

const metafiles = [preload, library, withRxjs, bench].map(({ metafile }) => metafile);
await writeFile('dist/THIRD-PARTY-LICENSES.txt', await licences(metafiles));

/**
 * A module that has what another one exports, and requires it with the first of that.
 *
 * @param {string} path
 */
function lateModule(path) {
  return lateText(path, Object.keys(createRequire(import.meta.url)(path)));
}

/**
 * @param {string} path
 * @param {readonly string[]} names
 */
function lateText(path, names) {
  const getters = names.map(name => `get ${name}() { return all().${name}; }`);
  return `let loaded;
    const all = () => (loaded ??= require('${path}'));
    module.exports = { ${getters.join(', ')} };`;
}

/**
 * The ES module before a CommonJS file. Node reads the text of what is imported for the names of its exports, which takes
 * 25 ms of the whole file; so it imports a few words that require the file.
 *
 * @param {string} name
 */
async function writeDoor(name) {
  const names = Object.keys(createRequire(import.meta.url)(`../dist/entry/${name}.cjs`));
  const named = names.filter(one => one !== 'default').join(', ');
  const standard = names.includes('default') ? 'export default door.default;\n' : '';
  await writeFile(`dist/entry/${name}-door.cjs`, `'use strict';\nexports.door = require('./${name}.cjs');\n`);
  await writeFile(
    `dist/entry/${name}.js`,
    `import { door } from './${name}-door.cjs';\nexport const { ${named} } = door;\n${standard}`,
  );
}
