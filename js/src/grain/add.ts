/**
 * Grain: noise like that which was taken off a picture, put back into decoded samples
 * (docs/format.md, section 18). Whole numbers only, by a sample's place and value: the same on every
 * machine, and in a region as in the whole picture.
 */

import { widthsOf } from "../bitstream/edges.ts";
import type { SampleRange } from "../bitstream/extras.ts";
import type { PelFile } from "../bitstream/file.ts";
import { type Box, overlap } from "../box.ts";
import { OptionError } from "../errors.ts";
import { type IntegerType, rangeOf, type Samples } from "../exact/types.ts";
import { fields, tapsOf } from "./field.ts";
import { type NoiseModel, noiseOf } from "./model.ts";

const WHOLE = 256; // of the strength asked for
const STEPS = 256; // from the lowest point to the highest
const VARIANCE = 43690n; // of the sum of 8 bytes
const ROWS = 64; // that are done at once, for memory

/** Adds the grain of a file's noise to its samples. */
export class Grain {
  private readonly model: NoiseModel;
  private readonly factors: readonly Float64Array[]; // of each channel
  private readonly inside: Box; // the picture without the lines of EDGE

  /**
   * @param strength 0 to 1, of the noise that was measured
   * @throws OptionError if the file describes no noise, or if there is no such strength; what
   *   `noiseOf` throws
   */
  constructor(file: PelFile, strength: number) {
    if (!(strength >= 0 && strength <= 1)) {
      throw new OptionError(`grain is ${strength}; it must be a number from 0 to 1`);
    }
    const model = noiseOf(file);
    if (model === undefined) {
      throw new OptionError(
        "the file describes no noise that grain could be made of; leave grain out",
      );
    }
    this.model = model;
    this.factors = model.strengths.map((s) => factorsOf(model, s, Math.round(WHOLE * strength)));
    this.inside = insideOf(file);
  }

  /**
   * Add it to samples [height, width, channels] at a box of the picture, in place. Channels beyond
   * those of the noise are alpha, and get none.
   */
  add(samples: Samples, box: Box, channels: number, type: IntegerType): void {
    const seen = overlap(box, this.inside);
    if (seen === undefined) return;
    const { width } = seen;
    const bottom = seen.y + seen.height;
    for (let y = seen.y; y < bottom; y += ROWS) {
      const part = { x: seen.x, y, width, height: Math.min(ROWS, bottom - y) };
      fields(this.model, part).forEach((field, channel) => {
        for (let row = 0; row < part.height; row++) {
          const at = ((y + row - box.y) * box.width + seen.x - box.x) * channels + channel;
          const noise = field.subarray(row * width, (row + 1) * width);
          addRow(samples, at, channels, noise, this.factors[channel]!, this.model, rangeOf(type));
        }
      });
    }
  }
}

function insideOf({ header, edges }: PelFile): Box {
  const { width, height } = header;
  if (edges === undefined) return { x: 0, y: 0, width, height };
  const [top, bottom, left, right] = widthsOf(edges);
  return { x: left, y: top, width: width - left - right, height: height - top - bottom };
}

/** Add the noise of a row to every `apart`-th sample from `at` on. */
function addRow(
  samples: Samples,
  at: number,
  apart: number,
  noise: Int32Array,
  factors: Float64Array,
  { low, high }: NoiseModel,
  ends: SampleRange,
): void {
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
