import { describe, expect, it } from 'vitest';
import type { Options } from '../../bench/arguments.js';
import { choose } from '../../bench/choice.js';
import type { Contender } from '../../bench/contender.js';

const NOTHING: Options = { quick: false, full: false, list: false };
const installed = (): undefined => undefined;

function chosen(options: Partial<Options>): { workloads: string[]; contenders: string[] } {
  const { workloads, contenders } = choose({ ...NOTHING, ...options }, installed);
  return { workloads: workloads.map(({ name }) => name), contenders: contenders.map(({ name }) => name) };
}

describe('the workloads', () => {
  it('are all but the slow ones', () => {
    expect(chosen({}).workloads).toContain('codecs-small');
    expect(chosen({}).workloads).not.toContain('scale-10m');
  });

  it('are all of them in a full run', () => {
    expect(chosen({ full: true }).workloads).toEqual(expect.arrayContaining(['scale-10m', 'workers-64']));
  });

  it('are fewer in a quick run', () => {
    expect(chosen({ quick: true }).workloads).not.toContain('codecs-small');
  });

  it('are those of that name, slow or not, and not those whose name only begins with it', () => {
    expect(chosen({ workload: ['round-trip'] }).workloads).toEqual(['round-trip']);
  });

  it('are those whose name begins with it, where there is none of that name', () => {
    expect(chosen({ workload: ['scale'] }).workloads).toEqual([
      'scale-1k',
      'scale-10k',
      'scale-100k',
      'scale-1m',
      'scale-10m',
    ]);
  });

  it('are those with messages of that size', () => {
    expect(chosen({ message: ['1 KB'] }).workloads).toEqual([
      'flood-up-1kb',
      'flood-down-1kb',
      'codecs-1kb',
      'limit-1kb',
    ]);
  });

  it('have to be there', () => {
    expect(() => chosen({ workload: ['nonsense'] })).toThrow(
      'no workload nonsense; there are flood-up-small',
    );
  });
});

describe('the contenders', () => {
  it('of a quick run are without neighbours', () => {
    expect(chosen({ quick: true }).contenders).not.toContain('zeromq');
  });

  it('that a quick run does without are named', () => {
    const { leftOut } = choose({ ...NOTHING, quick: true }, installed);
    expect(leftOut.map(({ name }) => name)).toEqual(expect.arrayContaining(['zeromq', 'Bun fork']));
  });

  it('of a quick run are neighbours too when asked for', () => {
    expect(chosen({ quick: true, contender: ['zeromq'] }).contenders).toEqual(['zeromq']);
  });

  it('of a codec leave those of others out, and only those', () => {
    expect(chosen({ workload: ['codecs-small'], codec: ['v8'] }).contenders).toEqual([
      'v8 send',
      'v8 sendMany',
      'fork json',
      'fork advanced',
    ]);
  });

  it('have to be there', () => {
    expect(() => chosen({ contender: ['nobody'] })).toThrow('no contender nobody; there are deka-ipc send');
  });

  it('that are not installed are left out, with the reason', () => {
    const whyMissing = ({ name }: Contender) => (name === 'zeromq' ? 'not there' : undefined);
    const { contenders, missing } = choose({ ...NOTHING, contender: ['zeromq', 'fork json'] }, whyMissing);
    expect(contenders.map(({ name }) => name)).toEqual(['fork json']);
    expect(missing.map(({ contender, why }) => [contender.name, why])).toEqual([['zeromq', 'not there']]);
  });
});
