/** What holds of all frames of a sequence: `sequence.json` (docs/format.md, section 19). */

import { DamagedFileError, VersionError } from "../errors.ts";
import type { SampleType } from "../exact/types.ts";

export const MOST_BYTES = 2 ** 20;
const VERSION = 1;
const MOST_SIDE = 2 ** 24;
const MOST_CHANNELS = 2 ** 16;
const MOST_TERM = 2 ** 63;
const MOST_TAGS = 256;
const MOST_TEXT = 4096;
const TYPES = ["uint8", "uint16", "int16", "float16", "float32"];
const ROTATIONS = [0, 90, 180, 270];

/** Numerator and denominator, as near as doubles come to them. */
export type Fraction = readonly [number, number];

/** What all frames share. */
export interface SequenceAbout {
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel, alpha counted. */
  readonly channels: number;
  readonly type: SampleType;
  /** Frames a second; undefined if it varies or the pictures have no time. */
  readonly rate: Fraction | undefined;
  /** Seconds a tick. */
  readonly timeBase: Fraction;
  /** Degrees clockwise by which a viewer turns the frames. */
  readonly rotation: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** What the bytes say. Throws DamagedFileError, or VersionError for a newer one. */
export function readAbout(data: Uint8Array): SequenceAbout {
  const said = parse(data);
  check(said["format"] === "pellucid sequence", "its format is another");
  const version = said["version"];
  check(isWhole(version, 1, Infinity), `its version is ${String(version)}`);
  if ((version as number) > VERSION) {
    throw new VersionError(
      `the sequence has version ${version}, this decoder reads up to ${VERSION}; update the ` +
        "package pellucid",
    );
  }
  const whole = (name: string, most: number): number => {
    check(isWhole(said[name], 1, most), `${name} is ${String(said[name])}`);
    return said[name] as number;
  };
  const { dtype, rate, time_base, rotation, tags } = said;
  check(TYPES.includes(dtype as string), `dtype is ${String(dtype)}`);
  check(ROTATIONS.includes(rotation as number), `rotation is ${String(rotation)}`);
  return {
    width: whole("width", MOST_SIDE),
    height: whole("height", MOST_SIDE),
    channels: whole("channels", MOST_CHANNELS),
    type: dtype as SampleType,
    rate: rate === null ? undefined : fractionOf(rate, "rate"),
    timeBase: fractionOf(time_base, "time_base"),
    rotation: rotation as number,
    tags: tagsOf(tags),
  };
}

function parse(data: Uint8Array): Record<string, unknown> {
  check(
    data.every((byte) => byte < 128),
    "it isn't ASCII",
  );
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder().decode(data));
  } catch {
    check(false, "it is no JSON");
  }
  check(isObject(said), "it is no object");
  return said as Record<string, unknown>;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function fractionOf(value: unknown, name: string): Fraction {
  const terms = Array.isArray(value) ? (value as unknown[]) : [];
  const fine = terms.length === 2 && terms.every((term) => isWhole(term, 1, MOST_TERM));
  check(fine, `${name} is ${JSON.stringify(value)}`);
  return terms as unknown as Fraction;
}

function tagsOf(value: unknown): Record<string, string> {
  check(isObject(value), "tags is no object");
  const tags = value as Record<string, unknown>;
  const texts = [...Object.keys(tags), ...Object.values(tags)];
  const fine = texts.every((text) => typeof text === "string" && [...text].length <= MOST_TEXT);
  check(fine && texts.length <= 2 * MOST_TAGS, "tags are too many, too long or no texts");
  return tags as Record<string, string>;
}

function check(right: boolean, what: string): void {
  if (!right) throw new DamagedFileError(`sequence.json: ${what}; get the file again`);
}
