/** Files as lists of chunks, to make new ones. */

import { crc32, endOf, readChunk } from "../src/bitstream/chunk.ts";
import { SIGNATURE } from "../src/bitstream/limits.ts";

/** Type and payload of a chunk. */
export type Chunk = [type: string, payload: Uint8Array];

/** Copies of a file's chunks. */
export function chunksOf(data: Uint8Array): Chunk[] {
  const found: Chunk[] = [];
  for (let at: number = SIGNATURE.length; at < data.length;) {
    const chunk = readChunk(data, at);
    at = endOf(chunk);
    found.push([chunk.type, data.slice(at - 4 - chunk.length, at - 4)]);
  }
  return found;
}

/** The file of chunks, with right checksums. */
export function fileOf(chunks: readonly Chunk[]): Uint8Array {
  const parts = chunks.map(([type, payload]) => {
    const out = new Uint8Array(payload.length + 12);
    const view = new DataView(out.buffer);
    out.set(new TextEncoder().encode(type));
    view.setUint32(4, payload.length, true);
    out.set(payload, 8);
    view.setUint32(payload.length + 8, crc32(out.subarray(0, payload.length + 8)), true);
    return out;
  });
  return new Uint8Array(Buffer.concat([SIGNATURE, ...parts]));
}
