/** Which members a sequence has, by name (docs/format.md, section 19, *Names*). */

import { DamagedFileError, LimitError, UnsupportedError } from "../errors.ts";
import { type Entry, LOCAL_BYTES, readLocal } from "../zip.ts";

export const MOST_ATTACHED = 64;
const ABOUT = "sequence.json";
const MOST_NAME = 128; // bytes
const IGNORED = 0x0806; // flags: names in UTF-8, and hints of compressors
const LEAST_BYTES = LOCAL_BYTES + "frames/00000000_0_0.pel".length; // that a frame takes
const MOST_TICKS = 2n ** 63n;
const FRAME = /^frames\/(\d{8})_(0|-?[1-9]\d{0,18})_(0|[1-9]\d{0,18})\.pel$/;
const ATTACHED = /^attached\/([A-Za-z0-9_][A-Za-z0-9_.-]{0,99})$/;

/** A frame and where it lies; times are in ticks, a duration of 0 lasts until the next frame. */
export interface Frame {
  readonly number: number;
  readonly timestamp: bigint;
  readonly duration: bigint;
  readonly member: Entry;
}

/** The members that a sequence knows. */
export interface Contents {
  readonly about: Entry | undefined;
  readonly attached: ReadonlyMap<string, Entry>;
  /** By number; undefined in place of those that are missing. */
  readonly frames: readonly (Frame | undefined)[];
  /** What is wrong with the frames' times, if anything is. */
  readonly problem: string | undefined;
}

/**
 * Check that a member is stored as a sequence's must be. Throws DamagedFileError, and
 * UnsupportedError if it is compressed or encrypted.
 */
export function checkMember({ name, flags, method, packed, size }: Entry): void {
  if (name.length === 0 || name.length > MOST_NAME || /[^\0-\x7f]/.test(name)) {
    throw new DamagedFileError(`a member's name has ${name.length} bytes, or isn't ASCII`);
  }
  if (method !== 0 || (flags & ~IGNORED) !== 0) {
    throw new UnsupportedError(
      `${name} is compressed, encrypted or has its size after it (method ${method}, flags ` +
        `${flags}); pack the members anew without compression`,
    );
  }
  if (packed !== size) {
    throw new DamagedFileError(`${name} has two sizes, ${packed} and ${size} bytes`);
  }
}

/** Check that members, in file order, neither overlap nor reach beyond a byte. */
export function checkPlaces(members: readonly Entry[], end: number): void {
  let before = 0;
  for (const { name, offset, size } of members) {
    if (offset < before) throw new DamagedFileError(`${name} lies over what is before it`);
    before = offset + LOCAL_BYTES + name.length + size;
  }
  if (before > end) throw new DamagedFileError(`members reach to byte ${before}, beyond ${end}`);
}

/** What is read of members: how many frames there may be, and how many bytes there are. */
export interface Room {
  readonly maxFrames: number;
  readonly length: number;
}

/**
 * Sort the members of a file.
 *
 * @param tolerant whether doubled names and numbers, and numbers that the file has no room for, are
 *   passed over; else they are damage
 */
export function contentsOf(members: Iterable<Entry>, room: Room, tolerant: boolean): Contents {
  const found = new Map<string | number, Entry | Frame>();
  const doubled = new Set<string | number>();
  for (const member of members) {
    const item = frameOf(member, room, tolerant) ?? member;
    const key = "number" in item ? item.number : item.name;
    if (found.has(key)) doubled.add(key);
    else found.set(key, item);
  }
  if (doubled.size > 0 && !tolerant) {
    throw new DamagedFileError(`two members are ${[...doubled].join(", ")}`);
  }
  for (const key of doubled) found.delete(key);
  const frames: (Frame | undefined)[] = [];
  const others = new Map<string, Entry>();
  for (const item of found.values()) {
    if ("number" in item) frames[item.number] = item;
    else others.set(item.name, item);
  }
  const all = Array.from(frames);
  const attached = attachedOf(others);
  return { about: others.get(ABOUT), attached, frames: all, problem: orderProblem(all) };
}

/** The frame that a member is, if its name says so. */
function frameOf(member: Entry, room: Room, tolerant: boolean): Frame | undefined {
  const match = FRAME.exec(member.name);
  if (match === null) return undefined;
  const number = Number(match[1]);
  const timestamp = BigInt(match[2]!);
  const duration = BigInt(match[3]!);
  const size = timestamp < 0n ? -timestamp : timestamp;
  if (size >= MOST_TICKS || duration >= MOST_TICKS) return undefined;
  if ((number + 1) * LEAST_BYTES > room.length) {
    if (tolerant) return undefined;
    throw new DamagedFileError(
      `${member.name} can't be in a file of ${room.length} bytes; get the file again`,
    );
  }
  if (number >= room.maxFrames) {
    throw new LimitError(
      `${member.name} is beyond the limit of ${room.maxFrames} frames; if you trust the file, ` +
        "raise maxFrames",
    );
  }
  return { number, timestamp, duration, member };
}

function attachedOf(others: ReadonlyMap<string, Entry>): Map<string, Entry> {
  const attached = new Map<string, Entry>();
  for (const [name, member] of others) {
    const match = ATTACHED.exec(name);
    if (match !== null) attached.set(match[1]!, member);
  }
  if (attached.size <= MOST_ATTACHED) return attached;
  throw new LimitError(`${attached.size} files are attached, and ${MOST_ATTACHED} may be`);
}

function orderProblem(frames: readonly (Frame | undefined)[]): string | undefined {
  let before: Frame | undefined;
  for (const frame of frames) {
    if (frame === undefined) continue;
    if (before !== undefined && frame.timestamp <= before.timestamp) {
      return `frame ${frame.number} isn't later than frame ${before.number}`;
    }
    before = frame;
  }
  return undefined;
}

/** The member whose local header is at a byte, and the byte after it; its data are unchecked. */
export function memberAt(data: Uint8Array, offset: number): { member: Entry; end: number } {
  const { start, ...member } = readLocal(data, offset);
  checkMember(member);
  const end = start + member.size;
  if (end <= data.length) return { member, end };
  throw new DamagedFileError(`the file ends within ${member.name}; get the whole file again`);
}
