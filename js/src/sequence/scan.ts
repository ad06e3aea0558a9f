/** The members of a sequence that has no sound directory, from local header to local header. */

import { crc32, viewOf } from "../bitstream/chunk.ts";
import { DamagedFileError, UnsupportedError } from "../errors.ts";
import { type Entry, ENTRY_MARK, LOCAL_MARK } from "../zip.ts";
import { memberAt } from "./members.ts";

const TRY = 2 ** 10; // what a search may cost, in bytes: each try, so many passes, and some more
const PASSES = 4;
const SPARE = 2 ** 24;

/**
 * The members that are there. Where neither another nor the directory follows one, its size may be
 * what is damaged: then it is taken only if its checksum is right. What that costs is bounded.
 */
export function* scanned(data: Uint8Array): Generator<Entry> {
  let budget = PASSES * data.length + SPARE;
  let at = 0;
  while (at < data.length && budget > 0) {
    const found = tried(data, at);
    if (found !== undefined) {
      const { member, end } = found;
      const follows = end === data.length || [LOCAL_MARK, ENTRY_MARK].includes(markAt(data, end));
      if (!follows) budget -= member.size;
      if (follows || crc32(data.subarray(end - member.size, end)) === member.crc) {
        yield member;
        at = end;
        continue;
      }
    }
    if (markAt(data, at) === ENTRY_MARK) return;
    budget -= TRY;
    at = search(data, at + 1);
  }
}

function tried(data: Uint8Array, at: number): { member: Entry; end: number } | undefined {
  try {
    return memberAt(data, at);
  } catch (error) {
    if (error instanceof DamagedFileError || error instanceof UnsupportedError) return undefined;
    throw error;
  }
}

/** The first place from `at` on where a local header might begin; the length if none might. */
function search(data: Uint8Array, at: number): number {
  let place = data.indexOf(LOCAL_MARK & 0xff, at);
  while (place >= 0 && markAt(data, place) !== LOCAL_MARK) {
    place = data.indexOf(LOCAL_MARK & 0xff, place + 1);
  }
  return place < 0 ? data.length : place;
}

/** The four bytes at a place as a number; 0 if they are fewer. */
function markAt(data: Uint8Array, at: number): number {
  return at + 4 <= data.length ? viewOf(data).getUint32(at, true) : 0;
}
