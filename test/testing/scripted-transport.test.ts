import { describe, expect, it, vi } from 'vitest';
import { ScriptedTransport } from '../../src/testing/scripted-transport.js';

const ERROR = new Error('no room, ever');

describe('a scripted transport', () => {
  it('takes a write on the next tick', async () => {
    const transport = new ScriptedTransport();
    const taken = vi.fn();
    expect(transport.write('a', taken)).toBe(false);
    expect([transport.underWay, taken.mock.calls]).toEqual([1, []]);
    await new Promise(process.nextTick);
    expect([transport.underWay, taken.mock.calls]).toEqual([0, [[]]]);
  });

  it('fails writes once it is told to', async () => {
    const transport = new ScriptedTransport('inside');
    transport.writeError = ERROR;
    const taken = vi.fn();
    transport.write('a', taken);
    expect(taken.mock.calls).toEqual([[ERROR]]);
  });

  it('leaves the answer to the test, oldest first', () => {
    const transport = new ScriptedTransport('by hand');
    const [first, second] = [vi.fn(), vi.fn()];
    transport.write('a', first);
    transport.write(Buffer.from('b'), second);
    transport.take();
    transport.fail(ERROR);
    expect([first.mock.calls, second.mock.calls]).toEqual([[[]], [[ERROR]]]);
    expect([transport.written, transport.mostUnderWay]).toEqual([['a', 'b'], 2]);
    expect(() => transport.take()).toThrow('that was not made');
  });

  it('takes all that is under way once the peer reads again', () => {
    const transport = new ScriptedTransport('by hand');
    const taken = vi.fn();
    transport.write('a', taken);
    transport.release();
    expect([taken.mock.calls, transport.answering]).toEqual([[[]], 'next tick']);
  });

  it('keeps what it is asked to do, and ends as it is told', () => {
    const transport = new ScriptedTransport();
    const seen: unknown[] = [];
    transport.bytes$.subscribe({
      next: chunk => seen.push(String(chunk)),
      complete: () => seen.push('over'),
    });
    transport.receive('a');
    transport.receive(Buffer.from('b'));
    for (const call of ['pause', 'resume', 'ref', 'unref', 'end', 'destroy'] as const) transport[call]();
    transport.receive('late');
    expect(seen).toEqual(['a', 'b', 'over']);
    expect(transport.calls).toEqual(['pause', 'resume', 'ref', 'unref', 'end', 'destroy']);
  });

  it.each([
    ['the link breaks', (transport: ScriptedTransport) => transport.break(ERROR)],
    ['it is destroyed with a reason', (transport: ScriptedTransport) => transport.destroy(ERROR)],
  ])('errors when %s', (_what, end) => {
    const transport = new ScriptedTransport();
    const onError = vi.fn();
    transport.bytes$.subscribe({ error: onError });
    end(transport);
    expect(onError).toHaveBeenCalledWith(ERROR);
  });
});
