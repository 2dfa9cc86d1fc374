// What is loaded at a start, in few files: 50 modules of our own cost a process 60 ms, one costs 3.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { build } from 'esbuild';
import { buildLate, late, moduleOf } from './late.js';
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
 * Late files that an entry has in it, for it needs them with every channel.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const AT_ONCE = { child_process: ['handles'], 'register-channel': ['handles'] };

const { exports, peerDependencies } = JSON.parse(await readFile('package.json', 'utf8'));
/** What else there is goes into the files: split2, found and read on its own, took a start 2 ms. */
const PEERS = Object.keys(peerDependencies).flatMap(name => [name, `${name}/*`]);
const shared = { bundle: true, platform: 'node', target: 'node20', metafile: true, legalComments: 'none' };

const inCommonJs = {
  ...shared,
  format: /** @type {const} */ ('cjs'),
  define: { 'import.meta': '$meta' },
  banner: { js: META },
};

const main = /** @type {const} */ ({
  ...inCommonJs,
  entryPoints: ['src/index.ts'],
  outdir: 'dist/entry',
  outExtension: { '.js': '.cjs' },
  external: PEERS,
});
// What the main entry has when everything late is left out of it: that is handed to the late files.
const { metafile: bare } = await build({ ...main, plugins: [late({ folder: '.' })], write: false });
const { shares, metafiles: lateFiles } = await buildLate(
  inCommonJs,
  'dist/entry',
  new Set(Object.keys(bare.inputs).map(path => moduleOf(path))),
);

// The preload of a child, loaded before the program's own modules, and the channel that it requires when that is touched.
const preload = await build({
  ...shared,
  plugins: [late({ folder: './entry' })],
  entryPoints: ['src/register.ts'],
  outfile: 'dist/register.cjs',
  format: 'cjs',
  define: { 'import.meta.filename': '__filename' },
});
const channel = await build({
  ...inCommonJs,
  plugins: [late({ folder: '.', shares, without: AT_ONCE['register-channel'] })],
  entryPoints: [{ in: 'src/node/process-channel.ts', out: 'register-channel' }],
  outdir: 'dist/entry',
  outExtension: { '.js': '.cjs' },
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
  external: PEERS,
});
const withRxjs = [];
for (const name of WITH_RXJS) {
  const plugins = [late({ folder: '.', shares, without: AT_ONCE[name] })];
  withRxjs.push(await build({ ...main, plugins, entryPoints: [`src/${name}.ts`] }));
  await writeDoor(name);
}
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

const built = [preload, channel, library, ...withRxjs, bench].map(({ metafile }) => metafile);
await writeFile('dist/THIRD-PARTY-LICENSES.txt', await licences([...built, ...lateFiles]));

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
