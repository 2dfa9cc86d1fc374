import { describe, expect, it } from 'vitest';
import { optionalPackage } from '../../src/streams/optional-package.js';
import { thrownBy } from '../support/errors.js';

describe('a package that only some have', () => {
  it('is loaded if it is there', () => {
    expect(optionalPackage<{ pack: unknown }>('msgpackr', 'msgpack()').pack).toBeTypeOf('function');
  });

  it('is named, with how to install it, if it is not', () => {
    expect(thrownBy(() => optionalPackage('not-installed-here', 'codec()'))).toMatchObject({
      name: 'IpcError',
      code: 'ERR_MISSING_PACKAGE',
      message: expect.stringMatching(
        /^codec\(\) needs the package not-installed-here.*npm install not-installed-here\.$/,
      ),
      cause: expect.objectContaining({ code: 'MODULE_NOT_FOUND' }),
    });
  });
});
