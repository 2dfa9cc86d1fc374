// What others' code in dist stands under.
import { readdir, readFile } from 'node:fs/promises';

/**
 * The licences, and the notices that some ask to hand on, of every package that the bundles contain.
 *
 * @param {readonly import('esbuild').Metafile[]} metafiles
 */
export async function licences(metafiles) {
  const inputs = metafiles.flatMap(({ outputs }) => Object.values(outputs)).flatMap(output => usedIn(output));
  const folders = [...new Set(inputs.flatMap(folderOf))].sort();
  const texts = await Promise.all(folders.map(licenceOf));
  return [
    'Files in this folder contain code of the packages below, which stand under the licences below.\n',
    ...texts,
  ].join(`\n${'-'.repeat(100)}\n\n`);
}

/** Those that left something behind. @param {import('esbuild').Metafile['outputs'][string]} output */
function usedIn({ inputs }) {
  return Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
}

/** `node_modules/a/node_modules/@b/c/d.js` → `node_modules/a/node_modules/@b/c` @param {string} path */
function folderOf(path) {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.slice(0, 1) ?? [];
}

/** @param {string} folder */
async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
  const files = await licenceFiles(folder);
  if (files.length === 0) throw new Error(`${name} comes without its licence: write it down by hand`);
  const texts = await Promise.all(files.map(file => readFile(file, 'utf8')));
  return [`${name} ${version} (${license})`, ...texts.map(text => text.trim())].join('\n\n').concat('\n');
}

/** In a folder of their own those of what a package itself has taken over. @param {string} folder @returns {Promise<string[]>} */
async function licenceFiles(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.filter(({ name }) => /^(licen[sc]e|notice|copying)/i.test(name));
  const files = found.map(entry =>
    entry.isDirectory() ? licenceFiles(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
  );
  return (await Promise.all(files)).flat().sort();
}
