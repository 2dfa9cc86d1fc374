import { describe, expect, it, onTestFinished } from 'vitest';
import { inheritedTransport } from '../../src/transport/inherited.js';
import { forkChild } from '../../src/transport/spawn.js';
import { post } from '../support/post.js';

describe('inheritedTransport', () => {
  it('is the other end of what the parent holds, both ways, and takes the variables', async () => {
    const { transport, exited } = forkChild(fixture(), [], {});
    onTestFinished(() => transport.destroy());
    post(transport, Buffer.from('echoed '), () => transport.end());
    let text = '';
    await new Promise<void>((resolve, reject) => {
      transport.bytes$.subscribe({
        next: chunk => {
          text += Buffer.from(chunk).toString();
        },
        error: reject,
        complete: resolve,
      });
    });
    expect(text).toBe('[]\nechoed after your end');
    expect(await exited).toEqual({ code: 0, signal: null });
  });

  it('throws ERR_NO_PARENT_CHANNEL in a process that nobody gave a channel', () => {
    expect(() => inheritedTransport()).toThrow(expect.objectContaining({ code: 'ERR_NO_PARENT_CHANNEL' }));
  });
});

function fixture(): URL {
  return new URL('../fixtures/transport-inherited.js', import.meta.url);
}
