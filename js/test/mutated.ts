/** Files with damage under right checksums, so that it reaches what is behind them. */

import { CHUNK_OVERHEAD, crc32, endOf, readChunk, viewOf } from "../src/bitstream/chunk.ts";
import { SIGNATURE } from "../src/bitstream/limits.ts";

/** A copy of a whole file in which some bytes of one chunk, behind its first 5, are others. */
export function mutated(data: Uint8Array, next: (n: number) => number): Uint8Array {
  const chunks = [];
  for (let at = SIGNATURE.length; at < data.length; ) {
    const chunk = readChunk(data, at);
    at = endOf(chunk);
    if (chunk.length > 5 && chunk.type !== "TIDX") chunks.push(chunk);
  }
  const out = data.slice();
  const chunk = chunks[next(chunks.length)]!;
  const start = chunk.offset + CHUNK_OVERHEAD - 4;
  const skipped = chunk.type === "TILE" ? 5 : 0;
  for (let left = 1 + next(4); left > 0; left--) {
    // Half of the changes are near an end, where rules and sizes are.
    const length = chunk.length - skipped;
    const place = next(2) ? next(length) : next(2) ? next(Math.min(length, 24)) : length - 1 - next(Math.min(length, 24));
    const at = start + skipped + place;
    out[at] = next(3) ? out[at]! ^ (1 << next(8)) : next(2) ? 255 * next(2) : next(256);
  }
  const end = start + chunk.length;
  viewOf(out).setUint32(end, crc32(out.subarray(chunk.offset, end)), true);
  return out;
}
