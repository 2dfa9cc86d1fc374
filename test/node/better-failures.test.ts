import type { ChildProcess } from 'node:child_process';
import * as nodeModule from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as ourModule from 'deka-ipc/child_process';
import { describe, expect, it } from 'vitest';
import { forked, inParentProcess, NODE, OURS, tools } from '../support/faces.js';

// Where this library survives what Node does not: one complaint each, with what Node does where that can be shown
// without luck. A socket of Linux takes about 200 KiB, so a message of a mebibyte cannot leave in one go.

const MIB = 1024 * 1024;

/** Returns once a child has died: its parent, which was busy all the time, does not know it yet. */
function died(child: ChildProcess): void {
  while (!readFileSync(`/proc/${child.pid}/stat`, 'utf8').includes(') Z '));
}

describe('a line that is no message (nodejs/node#10131, #61312)', () => {
  const program = (faces: Pick<typeof nodeModule, 'fork'>, run: string) => {
    const child = faces.fork(run, [
      `() => {
        process.send('before');
        process.getBuiltinModule('node:fs').writeSync(process.channel.fd, 'log line\\n');
        process.send('behind');
      }`,
    ]);
    child.on('message', message => console.log(message));
    child.on('close', () => console.log('close'));
  };

  it('does not kill the receiver, nor the messages around it', async () => {
    const { output, code, errors } = await inParentProcess(OURS, program);
    expect({ lines: output.trim().split('\n').toSorted(), code, errors }).toEqual({
      lines: ['before', 'behind', 'close'],
      code: 0,
      errors: '',
    });
  });

  it('kills Node', async () => {
    const { code, errors } = await inParentProcess(NODE, program);
    expect(code).toBe(1);
    expect(errors).toContain('SyntaxError');
  });

  it('is not sent: what toJSON() makes undefined is an error of the sender', async () => {
    const child = forked(ourModule, () => process.on('message', () => {}));
    expect(tools.thrown(() => child.send({ toJSON: () => undefined }))).toMatchObject({ code: 'ERR_ENCODE' });
    child.disconnect();
    await once(child, 'close');
  });
});

describe('a callback for what was never read (nodejs/node#14747)', () => {
  async function toldOf(module: typeof nodeModule | typeof ourModule): Promise<unknown> {
    const child = forked(module, () => process.on('message', () => process.send?.('up')));
    child.send('up');
    await once(child, 'message');
    child.kill('SIGSTOP');
    const told = new Promise(resolve => child.send('x'.repeat(MIB), resolve));
    child.kill('SIGKILL');
    await once(child, 'exit');
    return await told;
  }

  it('gets an error', async () => {
    expect(await toldOf(ourModule)).toMatchObject({
      code: 'ERR_IPC_CHANNEL_CLOSED',
      message: 'Channel closed',
    });
  });

  it('gets null from Node', async () => {
    expect(await toldOf(nodeModule)).toBeNull();
  });
});

describe('a send that meets the end of the child (jestjs/jest#11143, tinylibs/tinypool#84, sindresorhus/execa#1088)', () => {
  async function errorsOf(module: typeof nodeModule | typeof ourModule): Promise<unknown[]> {
    const child = forked(module, () => process.on('message', () => {}));
    const errors: unknown[] = [];
    child.on('error', error => errors.push((error as NodeJS.ErrnoException).code));
    await once(child, 'spawn');
    child.kill('SIGKILL');
    died(child);
    expect(child.connected).toBe(true);
    child.send('into nothing');
    child.send('with a callback', error => errors.push(`callback ${(error as NodeJS.ErrnoException).code}`));
    await new Promise(resolve => child.on('exit', resolve));
    await tools.turns();
    return errors;
  }

  it("is no 'error' event of a caller who could not know; its callback is told", async () => {
    expect(await errorsOf(ourModule)).toEqual(['callback ERR_IPC_CHANNEL_CLOSED']);
  });

  it("is an 'error' event EPIPE by Node, which ends a program that does not listen", async () => {
    expect(await errorsOf(nodeModule)).toEqual(['EPIPE', 'callback EPIPE']);
  });
});

describe('memory behind a reader that does not read (nodejs/node#15651, #24940)', () => {
  const program = () => {
    let called = 0;
    process.stdin.on('data', () => process.stdout.write(`${called}\n`));
    process.on('disconnect', () => process.exit());
    for (let id = 0; id < 64; id += 1) {
      process.send?.({ id, pad: 'x'.repeat(64 * 1024) }, () => {
        called += 1;
      });
    }
    process.stdout.write('sent\n');
  };

  async function called(child: ChildProcess): Promise<number> {
    child.stdin?.write('?');
    return Number((await once(child.stdout ?? child, 'data'))[0]);
  }

  it('does not grow: the sender waits, and nothing is lost', async () => {
    const child = forked(ourModule, program, { silent: true });
    await once(child.stdout ?? child, 'data');
    let before = -1;
    for (let now = 0; now > before; now = await called(child)) before = now;
    expect(before).toBeLessThan(32);
    const arrived = await tools.next(child as never, 64);
    expect(arrived.map(message => (message as { id: number }).id)).toEqual(
      Array.from({ length: 64 }, (_, id) => id),
    );
    child.disconnect();
    await once(child, 'close');
  });

  it('grows in Node, which takes everything', async () => {
    const child = forked(nodeModule, program, { silent: true });
    await once(child.stdout ?? child, 'data');
    await expect.poll(() => called(child), { interval: 5 }).toBe(64);
    child.disconnect();
    await once(child, 'exit');
  });
});
