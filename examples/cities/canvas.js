// A map of the world in braille dots: each character is two dots wide and four high.

const COLUMNS = 100;
const ROWS = 26;
const SOUTH = -58; // nobody lives further south, to speak of
const NORTH = 80;
const DOT = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

/** @returns {Uint8Array} */
export function blankMap() {
  return new Uint8Array(COLUMNS * ROWS);
}

/** @param {Uint8Array} dots @param {{ lat: number, lng: number }} place @returns {Uint8Array} the same dots */
export function plot(dots, { lat, lng }) {
  const x = Math.floor(((lng + 180) / 360) * (COLUMNS * 2 - 1));
  const y = Math.floor(((NORTH - lat) / (NORTH - SOUTH)) * (ROWS * 4 - 1));
  if (x < 0 || y < 0 || x >= COLUMNS * 2 || y >= ROWS * 4) return dots;
  const cell = (y >> 2) * COLUMNS + (x >> 1);
  dots[cell] = (dots[cell] ?? 0) | (DOT[y & 3]?.[x & 1] ?? 0);
  return dots;
}

/** @param {Uint8Array} dots @returns {string} */
export function drawn(dots) {
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const cells = dots.subarray(row * COLUMNS, (row + 1) * COLUMNS);
    return String.fromCharCode(...Array.from(cells, bits => 0x2800 + bits));
  });
  return lines.join('\n');
}
