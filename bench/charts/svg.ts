import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { described, type Result } from '../result.js';
import { drawing, WIDTH } from './options.js';
import { darkStyle, FAMILY, FAMILY_NAMES, INK } from './palette.js';
import { type Section, sectionsOf } from './sections.js';

const MARGIN = 32;
const HEADER = 40;
const LINE = 20;
/** Between two entries of the key. */
const KEY = 130;
const FONT = 'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"';

use([BarChart, LineChart, ScatterChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** One picture, section below section, with machine and versions at the end. */
export function svg(result: Result): string {
  let y = MARGIN + HEADER;
  const parts = sectionsOf(result).map(section => {
    const { picture, height } = draw(section);
    const part = picture.replace('<svg ', `<svg x="${MARGIN}" y="${y}" `);
    y += height + MARGIN;
    return part;
  });
  const lines = described(result).map((line, index) =>
    text(MARGIN, y + index * LINE, 12, INK.faint.light, line),
  );
  const [width, height] = [WIDTH + 2 * MARGIN, y + lines.length * LINE + MARGIN / 2];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="deka-ipc bench">`,
    `<style>${darkStyle()}</style>`,
    `<rect width="${width}" height="${height}" fill="${INK.paper.light}"/>`,
    header(result),
    ...parts,
    ...lines,
    '</svg>\n',
  ].join('\n');
}

/** The colours, where they stand for who somebody is: with several runtimes each section has a legend. */
function header({ runs }: Result): string {
  const key = runs.length > 1 ? [] : Object.entries(FAMILY);
  const items = key.map(([family, colour], index) => {
    const x = WIDTH + MARGIN - (key.length - index) * KEY;
    return `<rect x="${x}" y="${MARGIN - 4}" width="12" height="12" rx="2" fill="${colour}"/>${text(x + 18, MARGIN + 6, 12, INK.text.light, FAMILY_NAMES[family as keyof typeof FAMILY])}`;
  });
  return [text(MARGIN, MARGIN + 6, 22, INK.text.light, 'deka-ipc bench'), ...items].join('\n');
}

function text(x: number, y: number, size: number, fill: string, content: string): string {
  return `<text x="${x}" y="${y}" font-size="${size}" ${FONT} fill="${fill}">${escaped(content)}</text>`;
}

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function draw(section: Section): { readonly picture: string; readonly height: number } {
  const { option, height } = drawing(section);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption(option);
  const picture = chart.renderToSVGString();
  chart.dispose();
  return { picture, height };
}
