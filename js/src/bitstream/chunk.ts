/**
 * Typed chunks: type, length, payload, CRC-32. The frame of everything in a .pel file.
 *
 * `docs/format.md`, section 2. A `Chunk` says only where its bytes lie; the CRC is checked when the
 * payload is about to be used, so that one damaged tile costs that tile.
 */

import { DamagedFileError } from "../errors.ts";

const BEFORE = 8; // bytes of type and length
export const CHUNK_OVERHEAD = 12;

/** Where a chunk lies: `offset` of its first byte in the file, `length` of its payload. */
export interface Chunk {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
}

/** Offset of the first byte after a chunk. */
export function endOf(chunk: Chunk): number {
  return chunk.offset + CHUNK_OVERHEAD + chunk.length;
}

/** What messages call a chunk. */
export function nameOf(chunk: Chunk): string {
  return `chunk ${chunk.type} at byte ${chunk.offset}`;
}

/** A view of little-endian numbers in bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The chunk that begins at `offset`: its frame only. Throws DamagedFileError if the file ends
 * before the chunk does, or if the type is not one.
 */
export function readChunk(data: Uint8Array, offset: number): Chunk {
  const left = data.length - offset;
  if (left < CHUNK_OVERHEAD) {
    throw new DamagedFileError(
      `the file is truncated, or garbage follows a chunk: ${Math.max(left, 0)} bytes are left at ` +
        `byte ${offset}, and a chunk has at least ${CHUNK_OVERHEAD}; get the whole file again`,
    );
  }
  const type = String.fromCharCode(...data.subarray(offset, offset + 4));
  if (!/^[A-Za-z][A-Za-z0-9]{3}$/.test(type)) {
    throw new DamagedFileError(
      `no chunk begins at byte ${offset}: its type would be ${JSON.stringify(type)}, not a ` +
        "letter and 3 letters or digits; get the file again",
    );
  }
  const length = viewOf(data).getUint32(offset + 4, true);
  if (length > left - CHUNK_OVERHEAD) {
    throw new DamagedFileError(
      `chunk ${type} at byte ${offset} says that it holds ${length} bytes, but the file has only ` +
        `${left - CHUNK_OVERHEAD} for it: truncated, or the length is damaged; get it again`,
    );
  }
  return { type, offset, length };
}

/** A view of the chunk's payload, unchecked. */
export function payloadOf(data: Uint8Array, chunk: Chunk): Uint8Array {
  return data.subarray(chunk.offset + BEFORE, chunk.offset + BEFORE + chunk.length);
}

/** What is wrong with the chunk's checksum; undefined if it is right. */
export function crcDamage(data: Uint8Array, chunk: Chunk): string | undefined {
  const end = endOf(chunk) - 4;
  const stored = viewOf(data).getUint32(end, true);
  const computed = crc32(data.subarray(chunk.offset, end));
  if (stored === computed) return undefined;
  return (
    `${nameOf(chunk)} (${chunk.length} bytes) is damaged: its CRC-32 is ` +
    `${computed.toString(16)}, the file says ${stored.toString(16)}; get the file again`
  );
}

/** Throws DamagedFileError, naming the chunk and its offset, if its checksum is wrong. */
export function checkCrc(data: Uint8Array, chunk: Chunk): void {
  const damage = crcDamage(data, chunk);
  if (damage !== undefined) throw new DamagedFileError(damage);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc;
});

/** CRC-32 as in zlib. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) {
    crc = CRC_TABLE[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
