/** A picture, or a region of it, out of the tiles of an exact layer. */

import { type Box, type Header, tileBox, tileGrid } from "../bitstream/header.ts";
import type { ExactReader } from "./reader.ts";
import { type Samples, samplesOf } from "./types.ts";

/** The numbers of the tiles under a box, ascending. */
export function tilesUnder(header: Header, box: Box): number[] {
  const { columns, side } = tileGrid(header);
  const numbers: number[] = [];
  for (let row = Math.floor(box.y / side); row * side < box.y + box.height; row++) {
    for (let column = Math.floor(box.x / side); column * side < box.x + box.width; column++) {
      numbers.push(row * columns + column);
    }
  }
  return numbers;
}

/**
 * The samples [height, width, channels] of a box that lies within the picture. One tile after the
 * other is in memory.
 */
export async function readBox(reader: ExactReader, header: Header, box: Box): Promise<Samples> {
  const { channels } = reader;
  const out = samplesOf(reader.type, box.width * box.height * channels);
  for (const number of tilesUnder(header, box)) {
    copyTile(out, box, await reader.tile(number), tileBox(header, number), channels);
  }
  return out;
}

/** Copy what lies in both from samples [height, width, channels] at one box to those at another. */
export function copyTile(
  out: Samples,
  box: Box,
  samples: Samples,
  tile: Box,
  channels: number,
): void {
  const left = Math.max(box.x, tile.x);
  const right = Math.min(box.x + box.width, tile.x + tile.width);
  const bottom = Math.min(box.y + box.height, tile.y + tile.height);
  for (let y = Math.max(box.y, tile.y); y < bottom; y++) {
    const from = ((y - tile.y) * tile.width + left - tile.x) * channels;
    const to = ((y - box.y) * box.width + left - box.x) * channels;
    out.set(samples.subarray(from, from + (right - left) * channels), to);
  }
}
