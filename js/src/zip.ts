/**
 * The records of a ZIP archive (PKWARE's APPNOTE 6.3): what its directory and the headers before
 * its members say. Nothing is believed beyond the bytes there are.
 */

import { viewOf } from "./bitstream/chunk.ts";
import { DamagedFileError } from "./errors.ts";

export const LOCAL_MARK = 0x04034b50;
export const ENTRY_MARK = 0x02014b50;
const END_MARK = 0x06054b50;
const END64_MARK = 0x06064b50;
const LOCATOR_MARK = 0x07064b50;
export const LOCAL_BYTES = 30; // and the name
const ENTRY_BYTES = 46;
const END_BYTES = 22;
const END64_BYTES = 56;
const LOCATOR_BYTES = 20;
const FULL16 = 2 ** 16 - 1; // the number stands in a record of ZIP64
const FULL32 = 2 ** 32 - 1;

/** What a directory says of a member. */
export interface Entry {
  /** One character a byte. */
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  /** Bytes in the archive, and when unpacked. */
  readonly packed: number;
  readonly size: number;
  /** Of its local header. */
  readonly offset: number;
}

/** Where a directory lies, in bytes, and how many entries it has. */
export interface Directory {
  readonly at: number;
  readonly size: number;
  readonly count: number;
}

/** The directory of an archive, behind which nothing but its end follows. */
export function findDirectory(archive: Uint8Array): Directory {
  const view = viewOf(archive);
  let end = archive.length - END_BYTES;
  const whole = end >= 0 && view.getUint32(end, true) === END_MARK;
  check(whole && view.getUint16(end + 20, true) === 0, "its last bytes are no end of an archive");
  let count = view.getUint16(end + 10, true);
  let size = view.getUint32(end + 12, true);
  let at = view.getUint32(end + 16, true);
  if (count === FULL16 || size === FULL32 || at === FULL32) {
    const locator = end - LOCATOR_BYTES;
    end = locator - END64_BYTES;
    const marked = end >= 0 && view.getUint32(end, true) === END64_MARK;
    const found = marked && view.getUint32(locator, true) === LOCATOR_MARK;
    check(found, "its end points to a record of ZIP64 that isn't before it");
    count = wide(view, end + 32);
    size = wide(view, end + 40);
    at = wide(view, end + 48);
  }
  check(at + size === end, `its directory would be ${size} bytes at byte ${at}, before ${end}`);
  return { at, size, count };
}

/** The entries of a directory that was found, in its order. */
export function readDirectory(archive: Uint8Array, { at, size, count }: Directory): Entry[] {
  const directory = archive.subarray(at, at + size);
  const view = viewOf(directory);
  const entries: Entry[] = [];
  let place = 0;
  for (let left = count; left > 0; left--) {
    const start = place;
    check(start + ENTRY_BYTES <= size, "its directory ends within an entry");
    check(view.getUint32(start, true) === ENTRY_MARK, "its directory has something else in it");
    const named = start + ENTRY_BYTES;
    const extra = named + view.getUint16(start + 28, true);
    const comment = extra + view.getUint16(start + 30, true);
    place = comment + view.getUint16(start + 32, true);
    check(place <= size, "its directory ends within an entry");
    const offset = view.getUint32(start + 42, true);
    entries.push({
      ...common(view, start + 8, start + 10, start + 16),
      name: text(directory.subarray(named, extra)),
      offset: offset === FULL32 ? farOffset(directory.subarray(extra, comment)) : offset,
    });
  }
  check(place === size, `its directory of ${size} bytes isn't that of ${count} members`);
  return entries;
}

/** What stands before a member's data at a byte, and where these begin. */
export function readLocal(archive: Uint8Array, offset: number): Entry & { start: number } {
  const view = viewOf(archive);
  check(offset + LOCAL_BYTES <= archive.length, "the file ends within a local header");
  check(view.getUint32(offset, true) === LOCAL_MARK, `no local header is at byte ${offset}`);
  const end = offset + LOCAL_BYTES + view.getUint16(offset + 26, true);
  return {
    ...common(view, offset + 6, offset + 8, offset + 14),
    name: text(archive.subarray(offset + LOCAL_BYTES, end)),
    offset,
    start: end + view.getUint16(offset + 28, true),
  };
}

/** What local headers and entries say alike. */
function common(view: DataView, flags: number, method: number, crc: number) {
  return {
    flags: view.getUint16(flags, true),
    method: view.getUint16(method, true),
    crc: view.getUint32(crc, true),
    packed: view.getUint32(crc + 4, true),
    size: view.getUint32(crc + 8, true),
  };
}

/** The offset in the ZIP64 field of an entry without other numbers that are full. */
function farOffset(extra: Uint8Array): number {
  const view = viewOf(extra);
  for (let at = 0; at + 12 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    const right = view.getUint16(at, true) === 1 && view.getUint16(at + 2, true) >= 8;
    if (right) return wide(view, at + 4);
  }
  throw new DamagedFileError("the place of a member is missing");
}

function wide(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function text(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) out += String.fromCharCode(byte);
  return out;
}

function check(right: boolean, what: string): void {
  if (!right) throw new DamagedFileError(what);
}
