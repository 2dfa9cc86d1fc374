import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import * as ourModule from 'deka-ipc/child_process';
import { expect, it, describe as suite } from 'vitest';
import { forked, MODULES } from '../support/faces.js';
import { PRELOAD } from '../support/processes.js';

suite.each(MODULES)('a child of %s, before its event loop turns', (_name, module) => {
  it.concurrent('has all members', async () => {
    const program = () => {
      const { send, disconnect, connected, channel } = process;
      process.send?.([typeof send, typeof disconnect, connected, typeof channel?.ref]);
    };
    const [message] = await once(forked(module, program), 'message');

    expect(message).toEqual(['function', 'function', true, 'function']);
  });

  it.concurrent('may put members of its own in their place, which call what they found', async () => {
    const program = () => {
      const { send, disconnect } = process;
      const parent = process as { send?: unknown; disconnect?: unknown };
      parent.send = (message: unknown) =>
        (send as ((message: unknown) => boolean) | undefined)?.call(process, { wrapped: message });
      parent.disconnect = () => {
        process.send?.('the end');
        disconnect?.call(process);
      };
      process.send?.(1);
      setImmediate(() => process.disconnect?.());
    };
    const child = forked(module, program);
    const messages: unknown[] = [];
    child.on('message', message => messages.push(message));
    await once(child, 'disconnect'); // after all messages; 'exit' may come before them

    expect(messages).toEqual([{ wrapped: 1 }, { wrapped: 'the end' }]);
  });

  it.concurrent('stays alive for the first listener, which hears', async () => {
    const child = forked(module, () => {
      process.once('message', message => {
        process.send?.(message);
        process.disconnect?.();
      });
    });
    const messages: unknown[] = [];
    child.on('message', message => messages.push(message));
    child.send('well?');
    await once(child, 'disconnect'); // as above

    expect(messages).toEqual(['well?']);
  });

  it.concurrent('hears messages after removeAllListeners()', async ({ onTestFinished }) => {
    const program = () => {
      process.removeAllListeners();
      const alive = setInterval(() => {}, 1000);
      process.on('message', message => {
        clearInterval(alive);
        process.send?.(message);
        process.disconnect?.();
      });
    };
    const child = forked(module, program);
    onTestFinished(() => void child.kill()); // that timer would outlive a test that fails
    const answer = once(child, 'message');
    child.send('well?');

    expect((await answer)[0]).toBe('well?');
    await once(child, 'exit');
  });

  it.concurrent('sends from a listener of its exit', async () => {
    const child = forked(module, () => {
      process.on('exit', () => process.send?.('bye'));
      process.exit(3);
    });
    const exit = once(child, 'exit');

    expect(await Promise.all([once(child, 'message'), exit])).toEqual([
      ['bye', undefined],
      [3, null],
    ]);
  });

  it.concurrent('sees its parent leave without ever having touched the channel', async ({
    onTestFinished,
  }) => {
    const child = forked(module, () => {
      const poll = setInterval(() => {
        if (process.connected) return;
        clearInterval(poll);
        process.exitCode = 7;
      }, 1);
    });
    onTestFinished(() => void child.kill()); // as above
    child.disconnect();

    expect((await once(child, 'exit'))[0]).toBe(7);
  });
});

suite('a child of deka-ipc/child_process', () => {
  it('delivers all that a listener of its exit sends, more than the kernel takes, if that is the first touch', async () => {
    const child = forked(ourModule, () => {
      process.removeAllListeners('exit');
      process.on('exit', () => {
        for (let index = 0; index < 4000; index += 1) process.send?.({ index, text: 'x'.repeat(100) });
      });
      process.exit(3);
    });
    let messages = 0;
    child.on('message', () => {
      messages += 1;
    });
    await once(child, 'close');

    expect(messages).toBe(4000);
  });
});

suite('the preload, where a channel is announced', () => {
  const FILES = 'console.log(Object.keys(require.cache).map(file => require("path").basename(file)).join())';

  it('loads the channel for a process that touches it, or lives on, and nothing for one that ends', async () => {
    expect(await printed(`process.on('exit', () => { ${FILES} })`)).toBe('register.cjs\n');
    expect(await printed(`void process.channel; ${FILES}`)).toBe('register.cjs,register-channel.cjs\n');
    expect(await printed(`setImmediate(() => { ${FILES} })`)).toBe('register.cjs,register-channel.cjs\n');
  });

  it('warns if the descriptor was closed before the first touch, and takes the members away', async () => {
    const child = started(`require('node:fs').closeSync(3);
      const { send } = process;
      try { send(1) } catch (error) { console.log(error.code) }
      try { send(2) } catch (error) { console.log(error.code) }
      console.log(['send', 'disconnect', 'connected', 'channel'].filter(name => name in process))`);
    const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);

    expect(out).toBe('ERR_INVALID_FD_TYPE\nERR_INVALID_FD_TYPE\n[]\n');
    expect(errors.match(/\(node:\d+\)/g)).toHaveLength(1);
  });

  async function printed(program: string): Promise<string> {
    return text(started(program).stdout);
  }

  function started(program: string) {
    const child = spawn(process.execPath, ['--require', PRELOAD, '-e', program], {
      env: { ...process.env, DEKA_IPC_ENABLED: '1', DEKA_IPC_FD: '3' },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error('two pipes were asked for');
    return { stdout, stderr };
  }
});
