import { describe, expect, it } from 'vitest';
import { html } from '../../bench/charts/html.js';
import { sectionsOf } from '../../bench/charts/sections.js';
import { svg } from '../../bench/charts/svg.js';
import { result, row } from '../support/bench-rows.js';

const NODE_24 = { runtime: 'Node 24.1.0' };

describe('sections', () => {
  it('are there only for what was measured', () => {
    expect(sectionsOf(result(row([5]))).map(({ title }) => title)).toEqual(['Throughput, child → parent']);
  });

  it('have a bar for each contender in each runtime, none where it was not measured', () => {
    const [section] = sectionsOf(result(row([1], { contender: 'fork json' }), row([5]), row([8], NODE_24)));
    expect(section?.legend).toEqual(['Node 20.1.0', 'Node 24.1.0']);
    expect(section?.panels).toMatchObject([
      {
        kind: 'bars',
        title: 'small',
        names: ['deka-ipc send', 'fork json'],
        values: [
          [5, 1],
          [8, null],
        ],
      },
    ]);
  });

  it('have a panel for each size, with the same names', () => {
    const [section] = sectionsOf(
      result(row([5]), row([3], { workload: 'flood-up-64kb', contender: 'fork json' })),
    );
    expect(section?.panels).toMatchObject([
      { title: 'small', names: ['deka-ipc send', 'fork json'], values: [[5, null]] },
      { title: '64 KB', names: ['deka-ipc send', 'fork json'], values: [[null, 3]] },
    ]);
  });

  it('have percentiles by runtime and name, and no rate among them', () => {
    const load = { workload: 'round-trip-under-load', unit: 'µs', better: 'less' } as const;
    const [section] = sectionsOf(
      result(
        row([100], { ...load, figure: 'p50' }),
        row([900], { ...load, figure: 'p99' }),
        row([600], { ...load, figure: 'flood' }),
      ),
    );
    expect(section?.panels).toMatchObject([
      { kind: 'dots', percentiles: ['p50', 'p99'], values: [[[100], [900]]] },
    ]);
  });

  it('have lines over the number of messages, a panel for each runtime', () => {
    const cost = { figure: 'cost', unit: 'ns/message', better: 'less' } as const;
    const [section] = sectionsOf(
      result(
        row([5000], { workload: 'scale-1k', ...cost }),
        row([700], { workload: 'scale-1m', ...cost }),
        row([600], { workload: 'scale-1m', ...cost, ...NODE_24 }),
      ),
    );
    expect(section?.panels).toMatchObject([
      {
        title: 'Node 20.1.0',
        lines: [
          {
            name: 'deka-ipc send',
            points: [
              [1e3, 5000],
              [1e6, 700],
            ],
          },
        ],
      },
      { title: 'Node 24.1.0', lines: [{ name: 'deka-ipc send', points: [[1e6, 600]] }] },
    ]);
  });

  it('leave out contenders that this version does not know', () => {
    expect(sectionsOf(result(row([5]), row([6], { contender: 'gone' })))[0]?.panels).toMatchObject([
      { names: ['deka-ipc send'] },
    ]);
  });
});

describe('the picture', () => {
  const picture = svg(result(row([5]), row([1], { contender: 'fork json' })));

  it('names contenders, unit, machine and versions, with what XML does not allow escaped', () => {
    for (const text of [
      'deka-ipc send',
      'fork json',
      'k messages/s',
      'CPU &lt;fast&gt;',
      'zeromq 6.0.0',
      'Node 20.1.0',
    ])
      expect(picture).toContain(text);
  });

  it('changes each of its light colours where the page is dark', () => {
    const light = [...picture.matchAll(/\[fill="(#\w+)"\]/g)].map(([, colour]) => colour);
    const used = [...picture.matchAll(/<text[^>]* fill="(#\w+)"/g)].map(([, colour]) => colour);
    expect(picture).toContain('prefers-color-scheme:dark');
    expect(light).toEqual(expect.arrayContaining([...new Set(used)]));
  });

  it('stands in a page with every row', () => {
    const page = html(result(row([5]), row([1], { contender: 'fork json' })));
    expect(page).toContain('<svg');
    expect(page.match(/<td>flood<\/td>/g)).toHaveLength(2);
  });
});
