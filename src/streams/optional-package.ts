import { createRequire } from 'node:module';
import { IpcError, reasonOf } from '../errors.js';

/**
 * A package that is installed only where it is used. Loaded here and now, because a codec is made by a plain call and
 * `parent()` picks it by its name.
 */
export function optionalPackage<Package>(name: string, user: string): Package {
  // A bundle may have no address of its own: then from where the program is.
  const { url = process.argv[1] ?? process.execPath } = import.meta as { readonly url?: string };
  try {
    return createRequire(url)(name) as Package;
  } catch (cause) {
    throw new IpcError(
      'ERR_MISSING_PACKAGE',
      `${user} needs the package ${name}, which cannot be loaded: ${reasonOf(cause).split('\n', 1)[0]}. ` +
        `Install it: npm install ${name}.`,
      { cause },
    );
  }
}
