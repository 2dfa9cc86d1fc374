// What is required with its first use. A start reads, and looks through, what it loads: 5 ms for 100 KB of our own.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);

/**
 * Of rxjs 19 files, which take a third of a start, and who sends, and loops over what comes, needs none of them; of Node what
 * few need, and what it loads for a socket: a program that imports this library does not have one yet.
 */
const PACKAGES = /^rxjs\/|^node:(?:child_process|net|os|stream|worker_threads)$/;

/** A package that is one function, and is in the file: it is run with its first call, for it needs streams. */
const FUNCTION = /^split2$/;

/**
 * Files of ours for what few need: what is called of which module. In a file is what these modules need and an entry does
 * not; the rest is handed to it by whoever requires it, so nothing is twice in one program.
 *
 * @type {Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>}
 */
const FILES = {
  batches: { 'streams/batch': ['batchOutbound'] },
  codecs: {
    'streams/cbor': ['cbor'],
    'streams/content-length': ['contentLength'],
    'streams/length-prefixed': ['lengthPrefixed'],
    'streams/msgpack': ['msgpack'],
    'streams/v8': ['v8'],
    'streams/validated': ['validated'],
  },
  handles: {
    'channel/handle-link': ['handleLink'],
    'transport/lanes': ['inheritedLane', 'spawnLaned'],
  },
  pack: { 'streams/pack': ['packOutbound'] },
  processes: { 'channel/codec-refusal': ['refused'], 'channel/processes': ['fork', 'spawn'] },
  sockets: { 'channel/sockets': ['connect', 'listen'] },
  seldom: {
    'channel/message-link': ['messageLink'],
    'channel/metrics': ['metrics$'],
    'channel/queue-delay': ['queueDelayOf'],
    'channel/send-all': ['sendAllWhileOpen'],
    'streams/decode': ['decode'],
    'streams/split-frames': ['splitFrames'],
    'streams/unwrap': ['unwrap'],
    'transport/memory': ['memoryTransports'],
  },
  bun: { 'transport/bun-socket': ['bunSocketTransport'] },
};

/** What several of these files need, and nobody else: it is in the entries all the same. */
const SHARED = ['transport/builtin'];

/** The preload needs its channel only where one is announced, and somebody touches it. It stands on its own. */
const CHANNEL = { file: 'register-channel', functions: ['openProcessChannel', 'refuseProcessChannel'] };
const CHANNEL_MODULE = 'node/process-channel';

/**
 * @param {object} how
 * @param {string} how.folder where the late files are, from the file that is made
 * @param {readonly string[]} [how.without] late files that whoever loads this one needs at once
 * @param {Readonly<Record<string, readonly string[]>>} [how.shares] modules that a late file is handed
 * @returns {import('esbuild').Plugin}
 */
export function late({ folder, without = [], shares = {} }) {
  const ours = new Map([[CHANNEL_MODULE, CHANNEL]]);
  for (const [file, modules] of Object.entries(FILES)) {
    if (without.includes(file)) continue;
    for (const [module, functions] of Object.entries(modules)) ours.set(module, { file, functions });
  }
  return {
    name: 'late',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: PACKAGES }, ({ path, namespace }) =>
        namespace === 'late' ? { path, external: true } : { path, namespace: 'late' },
      );
      onLoad({ filter: PACKAGES, namespace: 'late' }, ({ path }) => ({ contents: withGetters(path) }));
      onResolve({ filter: FUNCTION }, ({ path, namespace }) =>
        namespace === 'late' ? undefined : { path, namespace: 'late' },
      );
      onLoad({ filter: FUNCTION, namespace: 'late' }, ({ path }) => ({
        contents: `module.exports = (...given) => require('${path}')(...given);`,
        resolveDir: process.cwd(),
      }));
      onResolve({ filter: /^late:/ }, ({ path }) => ({
        path: path.slice('late:'.length),
        namespace: 'late file',
      }));
      onLoad({ filter: /.*/, namespace: 'late file' }, ({ path }) => ({
        contents: withFile(`${folder}/${path}.cjs`, shares[path]),
        resolveDir: process.cwd(),
      }));
      onResolve({ filter: /\.cjs$/, namespace: 'late file' }, ({ path }) => ({ path, external: true }));
      onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir, kind }) => {
        const module = moduleOf(path, resolveDir);
        return ours.has(module) && kind === 'import-statement'
          ? { path: module, namespace: 'late function' }
          : undefined;
      });
      onLoad({ filter: /.*/, namespace: 'late function' }, ({ path }) => {
        const { file, functions } = ours.get(path) ?? CHANNEL;
        return { contents: withFunctions(file, functions) };
      });
    },
  };
}

/**
 * Writes the late files.
 *
 * @param {import('esbuild').BuildOptions} options of each
 * @param {string} folder
 * @param {ReadonlySet<string>} entry the modules that an entry has anyway
 */
export async function buildLate(options, folder, entry) {
  /** @type {Record<string, readonly string[]>} */
  const shares = {};
  const metafiles = [];
  const notHere = [...SHARED, ...Object.values(FILES).flatMap(modules => Object.keys(modules))];
  for (const [file, modules] of Object.entries(FILES)) {
    const others = notHere.filter(module => !(module in modules));
    const shared = new Set();
    const { metafile } = await build({
      ...options,
      stdin: { contents: exporting(modules), resolveDir: process.cwd(), sourcefile: 'late.ts' },
      outfile: `${folder}/${file}.cjs`,
      plugins: [handed(new Set([...entry, ...others]), shared)],
      banner: {
        js: `${options.banner?.['js']}\nmodule.exports = $shared => { const module = { exports: {} };`,
      },
      footer: { js: 'return module.exports; };' },
      metafile: true,
    });
    shares[file] = [...shared].sort();
    metafiles.push(metafile);
  }
  return { shares, metafiles };
}

/**
 * Leaves out of a late file what is in an entry, or in another late file.
 *
 * @param {ReadonlySet<string>} elsewhere
 * @param {Set<string>} shared gets the modules that are left out
 * @returns {import('esbuild').Plugin}
 */
function handed(elsewhere, shared) {
  return {
    name: 'handed',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.?\/.*\.js$/, namespace: 'file' }, ({ path, resolveDir }) => {
        const module = moduleOf(path, resolveDir);
        if (!elsewhere.has(module)) return undefined;
        shared.add(module);
        return { path: module, namespace: 'handed' };
      });
      onLoad({ filter: /.*/, namespace: 'handed' }, ({ path }) => ({
        contents: `module.exports = $shared['${path}'];`,
      }));
    },
  };
}

/** `./lines.js` in src/streams → `streams/lines` @param {string} path @param {string} [folder] */
export function moduleOf(path, folder = process.cwd()) {
  return relative('src', join(folder, path))
    .replaceAll('\\', '/')
    .replace(/\.[jt]s$/, '');
}

/** @param {Readonly<Record<string, readonly string[]>>} modules */
function exporting(modules) {
  const exported = Object.entries(modules).map(
    ([module, functions]) => `export { ${functions.join(', ')} } from './src/${module}.ts';`,
  );
  return exported.join('\n');
}

/** A module with what is used of another one, which is required with the first of that. @param {string} path */
function withGetters(path) {
  const getters = namesOf(path).map(name => `get ${name}() { return all().${name}; }`);
  return `let loaded;
    const all = () => (loaded ??= require('${path}'));
    module.exports = { ${getters.join(', ')} };`;
}

/** What src imports of a package by name; all of it, if src imports all. @param {string} path */
function namesOf(path) {
  const names = new Set();
  const clause = new RegExp(`^(?:im|ex)port (?!type )([^;']*?) from '${path}';`, 'gm');
  for (const file of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    for (const [, what = ''] of readFileSync(join('src', file), 'utf8').matchAll(clause)) {
      const named = /^\{([^}]*)\}$/.exec(what)?.[1];
      if (named === undefined) return Object.keys(require(path));
      for (const one of named.split(',')) {
        const name = /^\s*(?!type )(\w+)/.exec(one)?.[1];
        if (name !== undefined) names.add(name);
      }
    }
  }
  return [...names].sort();
}

/** A module with functions of a late file, which is required when one is called. @param {string} file @param {readonly string[]} names */
function withFunctions(file, names) {
  const functions = names.map(
    name => `export function ${name}(...given) { return file().${name}(...given); }`,
  );
  return [`import { file } from 'late:${file}';`, ...functions].join('\n');
}

/** A module that requires a late file, and hands it what it shares. @param {string} path @param {readonly string[]} [shared] */
function withFile(path, shared) {
  if (shared === undefined) return `export const file = () => require('${path}');`;
  const imports = shared.map((module, index) => `import * as m${index} from './src/${module}.js';`);
  const handed = shared.map((module, index) => `'${module}': m${index}`);
  return `${imports.join('\n')}
    let made;
    export const file = () => (made ??= require('${path}')({ ${handed.join(', ')} }));`;
}
