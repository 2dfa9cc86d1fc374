import { ChildProcess as NodeChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { ChildProcess } from 'deka-ipc/child_process';
import { describe, expect, it } from 'vitest';
import { eventsOf, path, stdioWithIpcAt } from '../support/faces.js';

describe('new ChildProcess', () => {
  it('starts a child of Deka with ipc: true', async () => {
    const child = new ChildProcess(process.execPath, [path('echo.js')], { stdio: 'pipe', ipc: true });
    const events = eventsOf(child);
    expect([child.connected, child.stdio.length, child.stdio[3]]).toEqual([true, 4, null]);
    expect(child.send({ hello: 'child' })).toBe(true);
    expect(await once(child, 'message')).toEqual([{ hello: 'child' }, undefined]);
    child.disconnect();
    expect(child.connected).toBe(false);
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(events).toEqual(['spawn', 'message', 'disconnect', 'exit', 'close']);
  });

  it('sets both variables, and speaks JSON Lines in the envelope', async () => {
    const script =
      'read line <&$DEKA_IPC_FD; echo "$DEKA_IPC_ENABLED $DEKA_IPC_FD $line"; ' +
      'echo \'{"cmd":"NODE_HANDLE","msg":[1]}\' >&$DEKA_IPC_FD';
    const child = new ChildProcess('sh', ['-c', script], { ipc: true });
    child.send({ a: 1 });
    const [[output], message] = await Promise.all([
      once(child.stdout ?? child, 'data'),
      once(child, 'message'),
    ]);
    expect(String(output)).toBe('1 3 {"cmd":"NODE_HANDLE","msg":{"a":1}}\n');
    expect(message).toEqual([[1], undefined]);
    await once(child, 'close');
  });

  it('puts the channel behind the descriptors that are asked for', async () => {
    const stdio = ['ignore', 'ignore', 'inherit', 'ignore', 'pipe'] as const;
    const child = new ChildProcess(process.execPath, [path('echo.js')], { stdio: [...stdio], ipc: true });
    expect(child.stdio).toHaveLength(6);
    child.send('at 5');
    expect(await once(child, 'message')).toEqual(['at 5', undefined]);
    child.disconnect();
    await once(child, 'close');
  });

  it("speaks Node's wire with 'ipc' in stdio, and none without", async () => {
    const child = new ChildProcess(process.execPath, [path('node-echo.cjs')], { stdio: stdioWithIpcAt(3) });
    child.send('message');
    expect(await once(child, 'message')).toEqual(['message', undefined]);
    child.disconnect();
    await once(child, 'close');
    const silent = new ChildProcess('true');
    expect([silent.connected, silent.channel, silent.send]).toEqual([false, undefined, undefined]);
    await once(silent, 'close');
  });

  it('is the class of every child', async () => {
    const child = spawn('true');
    expect(child).toBeInstanceOf(ChildProcess);
    expect(new ChildProcess()).toBeInstanceOf(NodeChildProcess);
    await once(child, 'close');
  });
});
