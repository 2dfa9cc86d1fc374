import { contender } from '../contenders.js';

/**
 * Colours of text and lines. A picture has those for a light page in it; where the page is dark, a style sheet inside the
 * picture changes each into the other one. So no two may be the same.
 */
export const INK = {
  paper: { light: '#ffffff', dark: '#0d1117' },
  text: { light: '#1f2328', dark: '#e6edf3' },
  faint: { light: '#656d76', dark: '#9198a1' },
  line: { light: '#d1d9e0', dark: '#30363d' },
} as const;

/** Readable on both. */
export const FAMILY = { own: '#2f81f7', node: '#8b949e', neighbour: '#bf8700', limit: '#57ab5a' } as const;
export const FAMILY_NAMES = {
  own: 'this library',
  node: "Node's own",
  neighbour: 'neighbours',
  limit: 'limits',
} as const;
export const RUNTIMES = ['#2f81f7', '#e0823d', '#57ab5a', '#b083f0', '#d6409f'] as const;
const LINES = ['#2f81f7', '#54aeff', '#8250df', '#1b7c83'];
const OTHERS = [
  '#6e7781',
  '#8c959f',
  '#afb8c1',
  '#bf8700',
  '#e0823d',
  '#57ab5a',
  '#d6409f',
  '#cf222e',
  '#116329',
  '#953800',
  '#d4a72c',
];

/** A line for each of many: blue ones for this library. */
export function lineColours(names: readonly string[]): string[] {
  const own = names.filter(name => contender(name).family === 'own');
  return names.map(name => {
    const index = own.indexOf(name);
    if (index !== -1) return LINES[index % LINES.length] ?? FAMILY.own;
    return (
      OTHERS[names.filter(other => !own.includes(other)).indexOf(name) % OTHERS.length] ?? FAMILY.neighbour
    );
  });
}

/** In a picture or a page that has {@link INK} for light in it. */
export function darkStyle(): string {
  const rules = Object.values(INK).map(
    ({ light, dark }) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`,
  );
  return `@media (prefers-color-scheme:dark){${rules.join('')}}`;
}
