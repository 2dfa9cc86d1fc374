import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { MODULES, MODULES_AT_PLACES, path, tools } from '../support/faces.js';

describe.each(MODULES_AT_PLACES)('send of %s, %s', (_module, _place, module, place) => {
  it.concurrent('returns false while a backlog of 128 KiB waits, and calls back once it is gone', async () => {
    const told = await place.run(module, async (end, { next }) => {
      const arrived = next(end, 3);
      const before = end.send('small');
      const large = 'x'.repeat(2 * 1024 * 1024);
      let under: boolean | undefined;
      const error = await new Promise(resolve => {
        under = end.send(large, resolve);
      });
      const [, echo] = await Promise.all([end.send('again'), arrived]);
      return { before, under, error, after: end.send('small'), whole: echo[1] === large };
    });
    expect(told).toEqual({ before: true, under: false, error: null, after: true, whole: true });
  });
});

describe.each(MODULES)('send of %s to a child that does not read', (_name, module) => {
  it('accepts at least 128 KiB before it returns false, and calls back when the child goes on', async () => {
    const child = module.fork(path('node-echo.cjs'));
    child.send('up');
    await once(child, 'message');
    child.kill('SIGSTOP');
    const piece = 'x'.repeat(16 * 1024);
    let accepted = 0;
    let called: unknown = 'not called';
    const [last] = await new Promise<[Promise<unknown>]>(resolve => {
      const send = () => {
        let settle: (error: unknown) => void = () => {};
        const settled = new Promise(done => {
          settle = done;
        });
        accepted += piece.length;
        const room = child.send(piece, error => {
          if (!room) called = error;
          settle(error);
        });
        if (room) setImmediate(send);
        else resolve([settled]);
      };
      send();
    });
    expect(accepted).toBeGreaterThanOrEqual(128 * 1024);
    expect(accepted).toBeLessThan(2 * 1024 * 1024);
    expect(child.send('more')).toBe(false);
    await tools.turns();
    expect(called).toBe('not called');
    child.kill('SIGCONT');
    expect(await last).toBeNull();
    child.disconnect();
    await once(child, 'exit');
  });
});
