/**
 * Where parts, windows and latents lie. A latent covers 16 samples each way, and the latents of
 * tiles are padded to 64 samples (`docs/format.md`, section 4).
 */

import type { Box, Header } from "../bitstream/header.ts";

export const LATENT = 16;
const PADDED = 64;
const MOST_WIDE = 1024; // samples of a part; bounds the memory of the network
const MOST_HIGH = 576;

/** The latents that cover a box of samples, whole blocks of 64 samples. */
export function latentsOf(box: Box): Box {
  const x = Math.floor(box.x / PADDED) * PADDED;
  const y = Math.floor(box.y / PADDED) * PADDED;
  return {
    x: x / LATENT,
    y: y / LATENT,
    width: (Math.ceil((box.x + box.width) / PADDED) * PADDED - x) / LATENT,
    height: (Math.ceil((box.y + box.height) / PADDED) * PADDED - y) / LATENT,
  };
}

/** A box with `more` on each side, as far as `bounds` reach. */
export function grown(box: Box, more: number, bounds: Box): Box {
  const x = Math.max(box.x - more, bounds.x);
  const y = Math.max(box.y - more, bounds.y);
  return {
    x,
    y,
    width: Math.min(box.x + box.width + more, bounds.x + bounds.width) - x,
    height: Math.min(box.y + box.height + more, bounds.y + bounds.height) - y,
  };
}

/** What two boxes share; undefined if nothing. */
export function overlap(a: Box, b: Box): Box | undefined {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** All of a picture. */
export function wholeOf(header: Header): Box {
  return { x: 0, y: 0, width: header.width, height: header.height };
}

/** Numbers of the tiles under a box of samples. */
export function tilesUnder(header: Header, box: Box): number[] {
  const side = 2 ** header.tileLog2;
  const columns = Math.ceil(header.width / side);
  const found: number[] = [];
  for (let row = Math.floor(box.y / side); row * side < box.y + box.height; row++) {
    for (let column = Math.floor(box.x / side); column * side < box.x + box.width; column++) {
      found.push(row * columns + column);
    }
  }
  return found;
}

/** A region in parts of nearly one size, cut between blocks of 64 samples, row after row. */
export function partsOf(region: Box): Box[] {
  const rows = cuts(region.y, region.height, MOST_HIGH);
  const columns = cuts(region.x, region.width, MOST_WIDE);
  return rows.flatMap(([y, height]) => columns.map(([x, width]) => ({ x, y, width, height })));
}

/** Start and length of each piece of a side. */
function cuts(start: number, length: number, most: number): [number, number][] {
  const count = Math.ceil(length / most);
  const at = (piece: number) => {
    if (piece === 0) return start;
    if (piece === count) return start + length;
    return Math.round((start + (length * piece) / count) / PADDED) * PADDED;
  };
  return Array.from({ length: count }, (_, piece) => [at(piece), at(piece + 1) - at(piece)]);
}
