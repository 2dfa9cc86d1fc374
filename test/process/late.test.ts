import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fork, pair } from 'deka-ipc';
import { fork as dropInFork } from 'deka-ipc/child_process';
import { firstValueFrom, Observable, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fixture, PRELOAD } from '../support/processes.js';

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
