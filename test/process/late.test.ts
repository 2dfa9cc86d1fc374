import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fork, pair } from 'deka-ipc';
import { fork as dropInFork } from 'deka-ipc/child_process';
import { firstValueFrom, Observable, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fixture, PRELOAD } from '../support/processes.js';

const DIST = fileURLToPath(new URL('../../dist/entry', import.meta.url));

describe('a child', () => {
  it('loads nothing of rxjs to send and to loop over what comes, and some of it for an Observable', async () => {
    const child = fork<string, number>(fixture('loaded'));
    const ask = (message: string) => {
      child.send(message);
      return firstValueFrom(child.messages$);
    };
    expect(await ask('loop')).toBe(0);
    expect(await ask('observe')).toBeGreaterThan(0);
    await child.close();
  });

  it('of the drop-in loads nothing of rxjs, nor node:v8', async () => {
    const child = dropInFork(fileURLToPath(new URL('../fixtures/loaded-plain.cjs', import.meta.url)));
    const answer = once(child, 'message');
    child.send('well?');
    expect((await answer)[0]).toEqual({ rxjs: 0, v8: false });
    child.disconnect();
  });
});

describe('the preload', () => {
  it('loads one small file where no channel is announced, and not node:net', async () => {
    const looking = `console.log(JSON.stringify({
      files: Object.keys(require.cache), net: process.moduleLoadList.includes('NativeModule net') }))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--require', PRELOAD, '-e', looking]);
    expect(JSON.parse(stdout)).toEqual({ files: [PRELOAD], net: false });
  });
});

describe('an import of deka-ipc', () => {
  it("loads nothing of Node's sockets and streams before there is a channel", async () => {
    const looking = `import 'deka-ipc';
      const sockets = () => process.moduleLoadList.filter(name => / (net|stream|child_process)$/.test(name)).length;
      const before = sockets();
      await import('node:net');
      console.log(before, sockets() > before);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', looking]);
    expect(stdout).toBe('0 true\n');
  });
});

describe('what few need', () => {
  const ENTRIES = ['index.cjs', 'child_process.cjs', 'register-channel.cjs', 'testing.cjs'];

  it.each([
    ['an import alone', '', []],
    ['pair()', 'pair()', ['seldom.cjs']],
    ['listen()', 'listen({ port: 0 }).then(server => server.close())', ['sockets.cjs']],
    ['fork()', "fork('nothing.js', [], { silent: true })", ['processes.cjs']],
    ['handles', "fork('nothing.js', [], { silent: true, handles: true })", ['processes.cjs', 'handles.cjs']],
    ['another framing', 'contentLength()', ['codecs.cjs']],
  ])('is loaded with its first use, and no more: %s', async (_name, use, files) => {
    const looking = `import { contentLength, fork, listen, pair } from 'deka-ipc';
      import { createRequire } from 'node:module';
      import { basename } from 'node:path';
      await (${use || 0});
      const loaded = Object.keys(createRequire(import.meta.url).cache).map(file => basename(file));
      console.log(JSON.stringify(loaded.filter(file => file.endsWith('.cjs')))); // those of rxjs are not
      process.exit();`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', looking]);
    expect(JSON.parse(stdout)).toEqual(['index-door.cjs', 'index.cjs', ...files]);
  });

  // A module that keeps something, twice in one process, would keep it twice.
  it.each(ENTRIES)('has no module twice: %s and what it loads late', async entry => {
    const { modules, files } = await contentOf(entry);
    const late = await Promise.all(files.map(file => contentOf(file)));
    const all = [...modules, ...late.flatMap(content => content.modules)];
    expect(files.length).toBeGreaterThan(0);
    expect(all.length).toBeGreaterThan(50);
    expect(all.filter((module, index) => all.indexOf(module) !== index)).toEqual([]);
  });

  // Node reads a longer text in 1.6 ms instead of 0.8: its memory is mapped, and zeroed, for that text alone.
  it('leaves a main entry of less than 128 KiB', async () => {
    expect((await stat(join(DIST, 'index.cjs'))).size).toBeLessThan(128 * 1024);
  });

  async function contentOf(file: string) {
    const text = await readFile(join(DIST, file), 'utf8');
    const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);
    return { modules: [...new Set(all(/^\/\/ src\/(.*)\.ts$/gm))], files: all(/require\("\.\/(.*)"\)/g) };
  }
});

describe('the Observables of a channel', () => {
  it("are rxjs's own, and the same whenever they are asked for", async () => {
    const [left] = pair();
    const names = ['messages$', 'batches$', 'deliveries$', 'failures$', 'drain$'] as const;
    for (const name of names) {
      expect(left[name], name).toBeInstanceOf(Observable);
      expect(left[name], name).toBe(left[name]);
    }
    left.destroy();
  });

  it('complete for who asks for them once the channel has ended', async () => {
    const [left] = pair();
    left.destroy();
    await left.closed;
    const completed: string[] = [];
    for (const name of ['messages$', 'batches$', 'deliveries$', 'failures$', 'drain$'] as const)
      left[name].subscribe({ complete: () => completed.push(name) });
    expect(completed).toEqual(['messages$', 'batches$', 'deliveries$', 'failures$', 'drain$']);
  });

  it('do not show the Subject behind them', () => {
    const [left] = pair();
    expect(left.drain$).not.toBeInstanceOf(Subject);
    left.destroy();
  });
});
