// From a section to the options of ECharts: one grid for each panel, the names of contenders beside the first.
import { contender } from '../contenders.js';
import { digits } from '../table.js';
import { FAMILY, INK, lineColours, RUNTIMES } from './palette.js';
import type { Bars, Dots, Lines, Panel, Section } from './sections.js';

export const WIDTH = 1200;
const NAMES = 210;
const GAP = 60;
const ABOVE = 84;
const BELOW = 28;
const LINES_HEIGHT = 300;
/** Two rows of names, above lines. */
const LEGEND = 58;

const SYMBOLS = ['circle', 'diamond', 'triangle'];
const MARKS = ['●', '◆', '▲'];
const TEXT = {
  fontFamily: 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif',
  color: INK.text.light,
};

export interface Drawing {
  readonly height: number;
  readonly option: Record<string, unknown>;
}

export function drawing({ title, legend, panels }: Section): Drawing {
  const inner = innerHeight(panels, legend.length);
  const isLines = panels[0]?.kind === 'lines';
  const left = isLines ? 60 : NAMES;
  const width = (WIDTH - left - 24 - GAP * (panels.length - 1)) / panels.length;
  const top = ABOVE + (isLines ? LEGEND : 0);
  const parts = panels.map((panel, index) => part(panel, index, legend));
  return {
    height: top + inner + (isLines ? 48 : BELOW),
    option: {
      animation: false,
      textStyle: TEXT,
      title: [
        { text: title, left: 0, top: 4, textStyle: { ...TEXT, fontSize: 18, fontWeight: 600 } },
        ...panels.map((panel, index) => ({
          text: panelTitle(panel, legend.length),
          left: left + index * (width + GAP),
          top: top - 32,
          textStyle: { ...TEXT, fontSize: 13, fontWeight: 600 },
          padding: 0,
        })),
      ],
      ...legendOf(panels, legend),
      grid: panels.map((_panel, index) => ({
        left: left + index * (width + GAP),
        top,
        width,
        height: inner,
      })),
      xAxis: parts.map(({ xAxis }) => xAxis),
      yAxis: parts.map(({ yAxis }) => yAxis),
      series: parts.flatMap(({ series }) => series),
    },
  };
}

interface Part {
  readonly xAxis: object;
  readonly yAxis: object;
  readonly series: readonly object[];
}

function part(panel: Panel, index: number, legend: readonly string[]): Part {
  switch (panel.kind) {
    case 'bars':
      return barsPart(panel, index, legend);
    case 'dots':
      return dotsPart(panel, index, legend);
    case 'lines':
      return linesPart(panel, index);
  }
}

function barsPart(panel: Bars, index: number, legend: readonly string[]): Part {
  return {
    // Room for the figure at the end of the longest bar.
    xAxis: {
      ...valueAxis(index),
      splitLine: { show: false },
      max: ({ max }: { max: number }) => max * 1.18,
      axisLabel: { show: false },
    },
    yAxis: nameAxis(panel.names, index),
    series: panel.values.map((values, runtime) => ({
      type: 'bar',
      name: legend[runtime],
      xAxisIndex: index,
      yAxisIndex: index,
      silent: true,
      barGap: '10%',
      barCategoryGap: '28%',
      itemStyle: { borderRadius: [0, 2, 2, 0] },
      label: {
        show: true,
        position: 'right',
        fontSize: panel.values.length > 1 ? 9 : 11,
        color: INK.text.light,
        formatter: ({ value }: { value: number | null }) => (value === null ? '' : figure(value)),
      },
      data: values.map((value, name) => ({
        value,
        itemStyle: { color: colour(panel.names[name] ?? '', runtime, panel.values.length) },
      })),
    })),
  };
}

function dotsPart(panel: Dots, index: number, legend: readonly string[]): Part {
  const many = panel.values.length;
  return {
    xAxis: { ...valueAxis(index), type: 'log', axisLabel: { ...label(), formatter: micros } },
    yAxis: nameAxis(panel.names, index),
    series: panel.values.flatMap((ofRuntime, runtime) =>
      ofRuntime.map((values, percentile) => ({
        type: 'scatter',
        name: many > 1 ? legend[runtime] : panel.percentiles[percentile],
        xAxisIndex: index,
        yAxisIndex: index,
        silent: true,
        itemStyle: { opacity: 1 },
        symbol: SYMBOLS[percentile],
        symbolSize: many > 1 ? 7 : 10,
        symbolOffset: [0, (runtime - (many - 1) / 2) * 8],
        data: values.flatMap((value, name) =>
          value === null
            ? []
            : [
                {
                  value: [value, name],
                  itemStyle: { color: colour(panel.names[name] ?? '', runtime, many) },
                },
              ],
        ),
      })),
    ),
  };
}

function linesPart(panel: Lines, index: number): Part {
  const colours = lineColours(panel.lines.map(({ name }) => name));
  const ticks = [...new Set(panel.lines.flatMap(({ points }) => points.map(([x]) => x)))].sort(
    (a, b) => a - b,
  );
  return {
    xAxis: {
      ...valueAxis(index),
      type: 'category',
      data: ticks.map(short),
      name: panel.xTitle,
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: label(),
      axisLabel: label(),
      boundaryGap: false,
      splitLine: { show: false },
    },
    yAxis: {
      ...valueAxis(index),
      type: panel.yScale === 'log' ? 'log' : 'value',
      axisLabel: { ...label(), formatter: short },
    },
    series: panel.lines.map(({ name, points }, line) => ({
      type: 'line',
      name,
      xAxisIndex: index,
      yAxisIndex: index,
      silent: true,
      symbol: 'circle',
      symbolSize: 5,
      lineStyle: { width: 2, color: colours[line] },
      itemStyle: { color: colours[line] },
      data: points.map(([x, y]) => [ticks.indexOf(x), y]),
    })),
  };
}

/** The percentiles of a single runtime, the runtimes if there are several, the contenders of lines. */
function legendOf(panels: readonly Panel[], legend: readonly string[]): object {
  const [first] = panels;
  const style = {
    right: 24,
    top: 6,
    itemWidth: 12,
    itemHeight: 10,
    itemGap: 20,
    textStyle: { ...TEXT, fontSize: 12 },
    inactiveColor: INK.faint.light,
  };
  if (first?.kind === 'dots' && legend.length === 1)
    return {
      legend: {
        ...style,
        data: first.percentiles.map((name, index) => ({
          name,
          icon: SYMBOLS[index],
          itemStyle: { color: FAMILY.own },
        })),
      },
    };
  if (first?.kind === 'lines') {
    const colours = lineColours(legend);
    return {
      legend: {
        ...style,
        left: 0,
        right: 60,
        top: 34,
        // Without a browser widths of texts are guessed, and too small.
        itemGap: 26,
        data: legend.map((name, index) => ({ name, icon: 'circle', itemStyle: { color: colours[index] } })),
      },
    };
  }
  if (legend.length === 1) return {};
  return {
    legend: {
      ...style,
      data: legend.map((name, index) => ({ name, icon: 'roundRect', itemStyle: { color: RUNTIMES[index] } })),
    },
  };
}

function panelTitle(panel: Panel, runtimes: number): string {
  const { title, unit, better, kind } = panel;
  if (kind !== 'dots') return `${title}: ${unit}, ${better} is better`;
  const marks = panel.percentiles.map((name, index) => `${MARKS[index]} ${name}`).join(' ');
  return `${title}: ${unit}, log scale, ${runtimes > 1 ? marks : `${better} is better`}`;
}

function innerHeight([first]: readonly Panel[], runtimes: number): number {
  if (first === undefined || first.kind === 'lines') return LINES_HEIGHT;
  return first.names.length * (runtimes > 1 ? 10 + 10 * runtimes : 22);
}

function nameAxis(names: readonly string[], index: number): object {
  return {
    type: 'category',
    gridIndex: index,
    data: [...names],
    inverse: true,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: INK.line.light } },
    axisLabel: {
      show: index === 0,
      interval: 0,
      fontSize: 12,
      color: INK.text.light,
      fontWeight: 'normal',
      margin: 10,
      formatter: (name: string) => (contender(name).family === 'own' ? `{own|${name}}` : name),
      rich: { own: { fontWeight: 'bold', fontSize: 12, color: INK.text.light } },
    },
  };
}

function valueAxis(index: number): object {
  return {
    type: 'value',
    gridIndex: index,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: INK.line.light } },
  };
}

function label(): object {
  return { fontSize: 11, color: INK.faint.light };
}

function colour(name: string, runtime: number, runtimes: number): string {
  if (runtimes > 1) return RUNTIMES[runtime % RUNTIMES.length] ?? FAMILY.own;
  return FAMILY[contender(name).family];
}

/** 1234.5 → `1 235`; 12.3 → `12.3` */
function figure(value: number): string {
  return digits(value).replace(/\B(?=(\d{3})+$)/, '\u202f');
}

function micros(value: number): string {
  if (value >= 1e6) return `${value / 1e6} s`;
  return value >= 1000 ? `${value / 1000} ms` : `${value} µs`;
}

/** 10000 → `10 k` */
function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1000 ? `${value / 1000} k` : String(value);
}
