/**
 * Chunk nois: what noise was taken off a picture, so that like noise can be put back
 * (docs/format.md, section 18).
 */

import { viewOf } from "../bitstream/chunk.ts";
import { endsOf } from "../bitstream/extras.ts";
import type { PelFile } from "../bitstream/file.ts";
import { FLOAT, type Header } from "../bitstream/header.ts";
import { DamagedFileError, UnsupportedError } from "../errors.ts";

const VERSION = 1;
const START = 17; // bytes before the strengths
const MOST_SCALE = 16;

/** The integers of the chunk. */
export interface NoiseModel {
  readonly scale: number;
  readonly shape: number;
  readonly shared: number;
  readonly seed: number;
  /** Brightness of the first and of the last point, in the samples' unit. */
  readonly low: number;
  readonly high: number;
  /** [channels][points] */
  readonly strengths: readonly Uint8Array[];
}

/**
 * The noise that a file describes, if it does. Throws DamagedFileError if the chunk is wrong, and
 * UnsupportedError if it is newer; neither matters to who wants no grain.
 */
export function noiseOf(file: PelFile): NoiseModel | undefined {
  const payload = file.payload("nois");
  if (payload === undefined) return undefined;
  const { header } = file;
  check(canHaveNoise(header), "describes noise of grey or RGB samples, in a file that has none");
  if (payload.length > 0 && payload[0]! > VERSION) {
    throw new UnsupportedError(
      `chunk nois has version ${payload[0]}, not ${VERSION}; decode without grain, or update the ` +
        "package pellucid",
    );
  }
  check(payload[0] === VERSION && payload.length >= START, "is cut off or has no version");
  const points = payload[1]!;
  check(points >= 2 && points <= 8, `has ${points} points, outside 2 .. 8`);
  const wanted = START + header.channels * points;
  check(payload.length === wanted, `holds ${payload.length} bytes, not ${wanted}`);
  const model = read(payload, points, header.channels);
  checkModel(model, header);
  return model;
}

function read(payload: Uint8Array, points: number, channels: number): NoiseModel {
  const view = viewOf(payload);
  return {
    scale: payload[2]!,
    shape: payload[3]!,
    shared: payload[4]!,
    seed: view.getUint32(5, true),
    low: view.getInt32(9, true),
    high: view.getInt32(13, true),
    strengths: Array.from({ length: channels }, (_, channel) => {
      return payload.slice(START + channel * points, START + (channel + 1) * points);
    }),
  };
}

function checkModel({ scale, shared, low, high }: NoiseModel, header: Header): void {
  const most = endsOf(header);
  const inside = most.low <= low && low < high && high <= most.high;
  check(scale <= MOST_SCALE, `has scale ${scale}, above ${MOST_SCALE}`);
  check(shared === 0 || header.channels > 1, "says that channels share noise, and there is one");
  check(inside, `says that brightness is ${low} .. ${high}; ${most.low} .. ${most.high} can be`);
}

/** Grey or RGB of 8 or 16 bits, no pair. */
function canHaveNoise({ sampleType, bitDepth, features, channels, colour }: Header): boolean {
  const whole = sampleType !== FLOAT && bitDepth <= 16 && features === 0;
  return whole && ((channels === 1 && colour === 0) || (channels === 3 && colour === 1));
}

function check(right: boolean, what: string): void {
  if (!right) {
    throw new DamagedFileError(`chunk nois ${what}; decode without grain, or get the file again`);
  }
}
