/**
 * Where parts, windows and latents lie. A latent covers 16 samples each way, and the latents of
 * tiles are padded to 64 samples (`docs/format.md`, section 4).
 */

import type { Box } from "../box.ts";

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
