// What is required with its first use. A start reads, and looks through, what it loads: 5 ms for 100 KB of our own.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

/**
 * Of rxjs 19 files, which take a third of a start, and who sends, and loops over what comes, needs none of them; of Node what
 * few need, and what it loads for a socket: a program that imports this library does not have one yet.
 */
const PACKAGES = /^rxjs\/|^node:(?:child_process|net|os|stream|worker_threads)$/;

/** A package that is one function, and is in the file: it is run with its first call, for it needs streams. */
const FUNCTION = /^split2$/;

/**
 * Files of ours for what few need: what is called of which module. Each has with it what it needs, so no module may be in two
 * files that keeps something for the whole process.
 *
 * @type {Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>}
 */
export const LATE_FILES = {
  codecs: {
    'streams/cbor': ['cbor'],
    'streams/length-prefixed': ['lengthPrefixed'],
    'streams/msgpack': ['msgpack'],
    'streams/v8': ['v8'],
    'streams/validated': ['validated'],
  },
  bun: { 'transport/bun-socket': ['bunSocketTransport'] },
};

/** The preload needs its channel only where one is announced, and somebody touches it. */
const CHANNEL_FILE = { 'node/process-channel': ['openProcessChannel', 'refuseProcessChannel'] };

/**
 * @param {string} folder where the late files are, from the file that is made
 * @returns {import('esbuild').Plugin}
 */
export function late(folder) {
  const files = { ...LATE_FILES, 'register-channel': CHANNEL_FILE };
  const ours = new Map(
    Object.entries(files).flatMap(([file, modules]) =>
      Object.entries(modules).map(
        ([module, functions]) => /** @type {const} */ ([module, { file, functions }]),
      ),
    ),
  );
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
      onResolve({ filter: /.*/, namespace: 'late function' }, ({ path }) => ({ path, external: true }));
      onResolve({ filter: /^\.\.?\/.*\.js$/, namespace: 'file' }, ({ path, resolveDir, kind }) => {
        const module = /\/src\/(.*)\.js$/.exec(join(resolveDir, path).replaceAll('\\', '/'))?.[1];
        return module !== undefined && ours.has(module) && kind === 'import-statement'
          ? { path: module, namespace: 'late function' }
          : undefined;
      });
      onLoad({ filter: /.*/, namespace: 'late function' }, ({ path }) => {
        const { file, functions } = ours.get(path) ?? { file: '', functions: [] };
        return { contents: withFunctions(`${folder}/${file}.cjs`, functions) };
      });
    },
  };
}

/** What an entry of a late file is made of. @param {Readonly<Record<string, readonly string[]>>} modules */
export function lateEntry(modules) {
  const exported = Object.entries(modules).map(
    ([module, functions]) => `export { ${functions.join(', ')} } from './src/${module}.ts';`,
  );
  return { contents: exported.join('\n'), resolveDir: process.cwd(), sourcefile: 'late.ts' };
}

/** A module with what another one exports, which is required with the first of that. @param {string} path */
function withGetters(path) {
  const getters = Object.keys(require(path)).map(name => `get ${name}() { return all().${name}; }`);
  return `let loaded;
    const all = () => (loaded ??= require('${path}'));
    module.exports = { ${getters.join(', ')} };`;
}

/** A module with functions that require those of a file when they are called. @param {string} file @param {readonly string[]} names */
function withFunctions(file, names) {
  return names
    .map(name => `export function ${name}(...given) { return require('${file}').${name}(...given); }`)
    .join('\n');
}
