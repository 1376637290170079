/** Small PNG files: charts have few colours, and a pixel that names one of a palette takes a quarter of the room. */
import { crc32, deflateSync } from 'node:zlib';

export const mostColours = 32;

/**
 * Returns opaque RGBA pixels as a PNG of at most 32 colours. A colour that is left out becomes the nearest one that is
 * kept.
 */
export function indexedPng(pixels: Uint8Array, width: number, height: number): Buffer {
  const counts = new Map<number, number>();
  const colours = new Uint32Array(width * height);
  for (let i = 0; i < colours.length; i++) {
    const colour = (pixels[4 * i]! << 16) | (pixels[4 * i + 1]! << 8) | pixels[4 * i + 2]!;
    colours[i] = colour;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const palette = paletteOf(counts, mostColours);
  const indexOf = new Map([...counts.keys()].map((colour) => [colour, nearest(palette, colour)]));
  const lines = Buffer.alloc((width + 1) * height); // every line begins with the number of its filter, and 0 is none
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      lines[y * (width + 1) + 1 + x] = indexOf.get(colours[y * width + x]!)!;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8); // a pixel has eight bits, which name a colour of the palette
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(channels))),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * Chooses the colours that are kept, from all colours with the number of their pixels. The first one is the most
 * frequent one. After it comes, again and again, the colour that would be missed most: the one with the highest product
 * of its pixels and its squared distance to the nearest colour that is kept already.
 */
function paletteOf(counts: ReadonlyMap<number, number>, most: number): number[] {
  const rest = [...counts].map(([colour, count]) => ({ colour, count, squared: 1 }));
  const palette: number[] = [];
  while (palette.length < most) {
    const worst = rest.reduce((a, b) => (b.count * b.squared > a.count * a.squared ? b : a));
    if (worst.squared === 0) break; // every colour is kept
    palette.push(worst.colour);
    for (const one of rest) {
      const squared = squaredDistance(one.colour, worst.colour);
      one.squared = palette.length > 1 ? Math.min(one.squared, squared) : squared;
    }
  }
  return palette;
}

function squaredDistance(one: number, other: number): number {
  const there = channels(other);
  return channels(one).reduce((sum, value, i) => sum + (value - there[i]!) ** 2, 0);
}

const channels = (colour: number): number[] => [colour >> 16, (colour >> 8) & 255, colour & 255];

function nearest(palette: readonly number[], colour: number): number {
  let best = 0;
  let least = Infinity;
  for (const [i, candidate] of palette.entries()) {
    const distance = squaredDistance(colour, candidate);
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** A part of a PNG file: its length, its name, its content and a check sum. */
function chunk(name: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
