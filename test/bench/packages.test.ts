import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contender } from '../../bench/contenders.js';
import { findPackage, findRuntime, whyMissing } from '../../bench/packages.js';

let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'deka-bench-'));
  const folder = join(place, 'node_modules', 'somebody');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "main": "main.js" }');
  await writeFile(join(folder, 'main.js'), '');
});
afterAll(() => rm(place, { recursive: true }));

describe('a package', () => {
  it('is found in the first place that has it', () => {
    const file = join(place, 'node_modules', 'somebody', 'main.js');
    expect(findPackage('somebody', [join(tmpdir(), 'nowhere'), place])).toBe(file);
  });

  it('that no place has is not found', () => {
    expect(findPackage('nobody', [place])).toBeUndefined();
  });
});

describe('a runtime', () => {
  it('that is neither in a place nor on the path is not found', () => {
    const before = process.env['PATH'];
    process.env['PATH'] = place;
    try {
      expect(findRuntime('bun', [place])).toBeUndefined();
    } finally {
      process.env['PATH'] = before;
    }
  });
});

describe('why somebody is missing', () => {
  it('is said with what to install', () => {
    expect(whyMissing({ ...contender('zeromq'), needs: 'nobody-has-this' })).toBe(
      'the package nobody-has-this is not installed',
    );
  });

  it.each(['fork json', 'deka-ipc send', 'MessagePort', 'msgpack send'])('is nothing for %s', name => {
    expect(whyMissing(contender(name))).toBeUndefined();
  });
});
