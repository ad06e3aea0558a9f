/**
 * A picture at 1/2, 1/4 or 1/8 of its size: each sample the mean of a square of samples, those at
 * the right and lower edge cut.
 */

import type { Box } from "./box.ts";
import { type Samples, samplesOf, type SampleType } from "./exact/types.ts";
import { fromHalfBits, halfBits } from "./half.ts";

export const SCALES = [1, 2, 4, 8];

/** What is to be reduced: samples [h, w, channels] of a box that begins at whole squares. */
export interface Reducible {
  readonly samples: Samples;
  readonly box: Box;
  readonly channels: number;
  readonly type: SampleType;
  /** Whether the last channel is alpha; then colours count by how opaque they are. */
  readonly alpha: boolean;
}

/** The box of a reduced picture in which what lies at `box` comes to lie; sides are rounded up. */
export function reducedBox(box: Box, scale: number): Box {
  const x = box.x / scale;
  const y = box.y / scale;
  return {
    x,
    y,
    width: Math.ceil((box.x + box.width) / scale) - x,
    height: Math.ceil((box.y + box.height) / scale) - y,
  };
}

/** The reduced samples [ceil(h / scale), ceil(w / scale), channels], of the same type. */
export function reduce(given: Reducible, scale: number): Samples {
  const { box, channels, type } = given;
  const half = type === "float16";
  const values = half ? fromHalfBits(given.samples as Uint16Array) : given.samples;
  const small = reducedBox(box, scale);
  const out = samplesOf(type, small.width * small.height * channels);
  const whole = type !== "float32" && !half;
  const means = new Float64Array(channels);
  let to = 0;
  for (let y = 0; y < box.height; y += scale) {
    for (let x = 0; x < box.width; x += scale) {
      mean({ ...given, samples: values }, x, y, scale, means);
      for (const value of means) {
        out[to++] = whole ? Math.floor(value + 0.5) : half ? halfBits(value) : value;
      }
    }
  }
  return out;
}

/** The mean of the square at x, y. */
function mean(given: Reducible, x: number, y: number, scale: number, means: Float64Array): void {
  const { samples, box, channels, alpha } = given;
  const right = Math.min(x + scale, box.width);
  const lower = Math.min(y + scale, box.height);
  let opacity = 0;
  means.fill(0);
  for (let row = y; row < lower; row++) {
    for (let at = (row * box.width + x) * channels; at < (row * box.width + right) * channels;) {
      for (let channel = 0; channel < channels; channel++) means[channel]! += samples[at++]!;
    }
  }
  const count = (right - x) * (lower - y);
  for (let channel = 0; channel < channels; channel++) means[channel]! /= count;
  if (!alpha || !(means[channels - 1]! > 0)) return;
  means.fill(0, 0, channels - 1);
  for (let row = y; row < lower; row++) {
    for (let column = x; column < right; column++) {
      const at = (row * box.width + column) * channels;
      const weight = samples[at + channels - 1]!;
      opacity += weight;
      for (let c = 0; c < channels - 1; c++) means[c]! += weight * samples[at + c]!;
    }
  }
  for (let channel = 0; channel < channels - 1; channel++) means[channel]! /= opacity;
}
