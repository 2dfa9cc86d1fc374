import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Control } from '../../src/node/control.js';

function counted() {
  const calls: string[] = [];
  const channel = { ref: () => calls.push('ref'), unref: () => calls.push('unref') };
  return { calls, control: new Control(channel, () => 7) };
}

describe('Control', () => {
  it('is an emitter that names the descriptor', () => {
    const { control } = counted();
    expect(control).toBeInstanceOf(EventEmitter);
    expect(control.constructor.name).toBe('Control');
    expect(control.fd).toBe(7);
  });

  it('holds the loop from the first reason to the last', () => {
    const { calls, control } = counted();
    control.refCounted();
    control.refCounted();
    control.unrefCounted();
    expect(calls).toEqual(['ref']);
    control.unrefCounted();
    expect(calls).toEqual(['ref', 'unref']);
    control.refCounted();
    expect(calls).toEqual(['ref', 'unref', 'ref']);
  });

  it.each(['ref', 'unref'] as const)('counts no more after %s()', method => {
    const { calls, control } = counted();
    control.refCounted();
    expect(control[method]()).toBeUndefined();
    control.unrefCounted();
    control.refCounted();
    expect(calls).toEqual(['ref', method]);
  });

  it('does what is asked each time', () => {
    const { calls, control } = counted();
    control.unref();
    control.unref();
    control.ref();
    expect(calls).toEqual(['unref', 'unref', 'ref']);
  });
});
