/**
 * Grain: noise like that which was taken off a picture, put back into decoded samples (docs/format.md,
 * section 18). Whole numbers only, by a sample's place and value: the same on every machine, and in a
 * region as in the whole picture.
 */

import type { Box } from "../bitstream/header.ts";
import { type IntegerType, rangeOf, type Samples } from "../exact/types.ts";
import { fields, tapsOf } from "./field.ts";
import type { NoiseModel } from "./model.ts";

const WHOLE = 256; // of the strength asked for
const STEPS = 256; // from the lowest point to the highest
const VARIANCE = 43690n; // of the sum of 8 bytes
const ROWS = 64; // that are done at once, for memory

/** Where samples [height, width, channels] lie in the picture, and what of it gets grain. */
export interface Place {
  readonly box: Box;
  readonly channels: number;
  readonly type: IntegerType;
  /** The picture without the lines of EDGE. */
  readonly inside: Box;
}

/**
 * Add grain to samples, in place; channels beyond the model's are alpha and get none.
 *
 * @param strength 0 to 1, of the noise that was measured
 */
export function addGrain(
  samples: Samples,
  { box, channels, type, inside }: Place,
  model: NoiseModel,
  strength: number,
): void {
  const factors = model.strengths.map((s) => factorsOf(model, s, Math.round(WHOLE * strength)));
  const left = Math.max(box.x, inside.x);
  const width = Math.min(box.x + box.width, inside.x + inside.width) - left;
  const bottom = Math.min(box.y + box.height, inside.y + inside.height);
  if (width <= 0) return;
  for (let y = Math.max(box.y, inside.y); y < bottom; y += ROWS) {
    const part = { x: left, y, width, height: Math.min(ROWS, bottom - y) };
    fields(model, part).forEach((field, channel) => {
      for (let row = 0; row < part.height; row++) {
        const start = (y + row - box.y) * box.width + left - box.x;
        const noise = field.subarray(row * width, (row + 1) * width);
        addRow(samples, start * channels + channel, channels, noise, factors[channel]!, model, type);
      }
    });
  }
}

/** Add the noise of a row to every `apart`-th sample from `at` on. */
function addRow(
  samples: Samples,
  at: number,
  apart: number,
  noise: Int32Array,
  factors: Float64Array,
  { low, high }: NoiseModel,
  type: IntegerType,
): void {
  const ends = rangeOf(type);
  const span = high - low;
  for (let i = 0; i < noise.length; i++, at += apart) {
    const value = samples[at]!;
    const above = Math.max(0, Math.min(value - low, span));
    const factor = factors[Math.floor((2 * STEPS * above + span) / (2 * span))]!;
    const grain = Math.floor((factor * noise[i]! + 2 ** 23) / 2 ** 24);
    samples[at] = Math.max(ends.low, Math.min(value + grain, ends.high));
  }
}

/** What noise is multiplied with, in 2^-24, at each step from the lowest point to the highest. */
function factorsOf(model: NoiseModel, strengths: Uint8Array, strength: number): Float64Array {
  const [t0, t1, t2, t3] = tapsOf(model.shape);
  const gain = BigInt(t0 * t0 + 2 * (t1 * t1 + t2 * t2 + t3 * t3));
  const last = strengths.length - 1;
  return Float64Array.from({ length: STEPS + 1 }, (_, i) => {
    const k = Math.min((i * last) >> 8, last - 1);
    const f = i * last - STEPS * k;
    const variance = (STEPS - f) * strengths[k]! ** 2 + f * strengths[k + 1]! ** 2;
    const square = (BigInt(variance) << BigInt(2 * model.scale + 56)) / (VARIANCE * gain * gain);
    return Math.floor((root(square) * strength) / WHOLE);
  });
}

/** The square root, rounded down, of a number below 2^100. */
function root(square: bigint): number {
  let found = BigInt(Math.floor(Math.sqrt(Number(square))));
  while (found * found > square) found--;
  while ((found + 1n) * (found + 1n) <= square) found++;
  return Number(found);
}
