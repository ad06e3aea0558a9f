/**
 * The bytes of a sequence (.pels) -> its frames, each a whole .pel file, and what is attached
 * (docs/format.md, section 19).
 *
 * The directory at the end says where each is; its local header and its CRC-32 are checked when it
 * is read, so that damage costs that member only.
 */

import { crc32 } from "../bitstream/chunk.ts";
import { type Limits, limitsOf, SIGNATURE } from "../bitstream/limits.ts";
import {
  DamagedFileError,
  LimitError,
  NotPelFileError,
  OptionError,
  UnsupportedError,
} from "../errors.ts";
import { type Entry, findDirectory, readDirectory } from "../zip.ts";
import { MOST_BYTES, readAbout, type SequenceAbout } from "./about.ts";
import {
  checkMember,
  checkPlaces,
  type Contents,
  contentsOf,
  type Frame,
  memberAt,
  MOST_ATTACHED,
  type Room,
} from "./members.ts";
import { scanned } from "./scan.ts";

const START = Uint8Array.of(0x50, 0x4b, 3, 4); // of the first local header

/** How a sequence is opened. */
export interface SequenceOptions extends Partial<Limits> {
  /** Take what is whole of a damaged sequence, and say in `damage` what isn't. */
  keepGoing?: boolean;
}

/** A sequence that is open. Its bytes must not change while it is used. */
export class PelSequence {
  /** What all frames share; undefined if it is lost. */
  readonly about: SequenceAbout | undefined;
  /** By number; undefined in place of those that are missing. */
  readonly frames: readonly (Frame | undefined)[];
  /** Names of other files that lie in it. */
  readonly attached: readonly string[];
  /** What is wrong beside frames. */
  readonly damage: readonly string[];
  private readonly data: Uint8Array;
  private readonly contents: Contents;

  /**
   * Open it. Throws NotPelFileError, VersionError, LimitError, UnsupportedError (compressed
   * members) or DamagedFileError.
   */
  constructor(data: Uint8Array, options: SequenceOptions = {}) {
    const { keepGoing = false } = options;
    const room = { maxFrames: limitsOf(options).maxFrames, length: data.length };
    const damage: string[] = [];
    let contents: Contents;
    try {
      contents = contentsOf(listed(data, room.maxFrames), room, false);
      if (contents.problem) throw new DamagedFileError(contents.problem);
    } catch (error) {
      contents = madeAnew(data, room, error as Error, keepGoing);
      damage.push(`the directory is damaged or cut off: ${(error as Error).message}`);
      if (contents.problem) damage.push(contents.problem);
    }
    this.data = data;
    this.contents = contents;
    this.frames = contents.frames;
    this.attached = [...contents.attached.keys()];
    this.about = this.readAbout(keepGoing, damage);
    this.damage = damage;
  }

  /**
   * The .pel file of a frame, a view of the sequence's bytes. Throws DamagedFileError if it is
   * missing or damaged, OptionError if there is no such number.
   */
  frame(number: number): Uint8Array {
    if (!(Number.isInteger(number) && number >= 0 && number < this.frames.length)) {
      throw new OptionError(
        `there is no frame ${number}: the sequence has ${this.frames.length}, from 0`,
      );
    }
    const member = this.frames[number]?.member;
    if (member === undefined) {
      throw new DamagedFileError(`frame ${number} is missing; get the file again`);
    }
    return this.read(member, `frame ${number}`);
  }

  /** What is attached by a name. Throws DamagedFileError, or OptionError if there is none. */
  readAttached(name: string): Uint8Array {
    const member = this.contents.attached.get(name);
    if (member !== undefined) return this.read(member, name);
    const there = this.attached.join(", ") || "nothing";
    throw new OptionError(`${name} isn't attached to the sequence: ${there} is`);
  }

  private readAbout(keepGoing: boolean, damage: string[]): SequenceAbout | undefined {
    const { about, frames } = this.contents;
    try {
      if (about !== undefined && about.size > MOST_BYTES) {
        throw new LimitError(`sequence.json has ${about.size} bytes, and may have ${MOST_BYTES}`);
      }
      if (about !== undefined) return readAbout(this.read(about, about.name));
      if (frames.length > 0) throw new DamagedFileError("it has no sequence.json");
    } catch (error) {
      if (!(error instanceof DamagedFileError && keepGoing && frames.length > 0)) throw error;
      damage.push(`rate and tags are lost: ${error.message}`);
      return undefined;
    }
    throw new NotPelFileError("this is no sequence of .pel files, but another ZIP archive");
  }

  /** The data of a member, checked. */
  private read(member: Entry, name: string): Uint8Array {
    try {
      const { member: said, end } = memberAt(this.data, member.offset);
      const same = said.name === member.name && said.size === member.size;
      if (!same || said.crc !== member.crc) {
        throw new DamagedFileError(`its local header is that of ${said.name}, ${said.size} bytes`);
      }
      const data = this.data.subarray(end - member.size, end);
      if (crc32(data) === member.crc) return data;
      throw new DamagedFileError("its CRC-32 is another than the file says");
    } catch (error) {
      const message = (error as Error).message;
      throw new DamagedFileError(`${name} is damaged: ${message}; get the file again`);
    }
  }
}

/** The members that the directory lists. */
function listed(data: Uint8Array, maxFrames: number): Entry[] {
  const directory = findDirectory(data);
  checkCount(directory.count, maxFrames);
  const members = readDirectory(data, directory);
  members.forEach(checkMember);
  checkPlaces(members, directory.at);
  return members;
}

/** What there is without a directory, of which `error` is said; throws it if that is nothing. */
function madeAnew(data: Uint8Array, room: Room, error: Error, keepGoing: boolean): Contents {
  const expected = [DamagedFileError, UnsupportedError, LimitError];
  if (!expected.some((kind) => error instanceof kind)) throw error;
  checkStart(data);
  if (keepGoing) {
    const members: Entry[] = [];
    for (const member of scanned(data)) {
      members.push(member);
      checkCount(members.length, room.maxFrames);
    }
    const contents = contentsOf(members, room, true);
    if (contents.frames.length > 0) return contents;
  }
  if (!(error instanceof DamagedFileError)) throw error;
  throw new DamagedFileError(
    `the sequence is damaged or cut short: ${error.message}; get the whole file again`,
  );
}

function checkCount(count: number, maxFrames: number): void {
  const most = maxFrames + MOST_ATTACHED + 1;
  if (count > most) {
    throw new LimitError(
      `the sequence has ${count} members, over the limit of ${most}; if you trust the file, ` +
        "raise maxFrames",
    );
  }
}

/** Throws NotPelFileError if a file that begins so is no ZIP archive. */
function checkStart(data: Uint8Array): void {
  const start = data.subarray(0, START.length);
  if (start.length > 0 && start.every((byte, at) => byte === START[at])) return;
  const picture = SIGNATURE.every((byte, at) => data[at] === byte);
  throw new NotPelFileError(
    picture
      ? "this is one picture and no sequence: decode reads it"
      : "this is no sequence of .pel files: it doesn't begin as a ZIP archive does",
  );
}
