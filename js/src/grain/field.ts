/**
 * Noise of each channel before its strength: what channels share, and how coarse it is
 * (docs/format.md, section 18, *Deviates* and *Coarseness*).
 */

import type { Box } from "../box.ts";
import { deviates } from "./deviates.ts";
import type { NoiseModel } from "./model.ts";

const REACH = 3; // samples that the filter takes on each side
const SHARED_STREAM = 3;

/** The filter of coarse grain, from its middle outwards, in 1/256. */
export function tapsOf(shape: number): [number, number, number, number] {
  const power = (exponent: bigint, down: bigint) => Number((BigInt(shape) ** exponent) >> down);
  return [256, shape, power(4n, 24n), power(9n, 64n)];
}

/** The noise at a box of the picture, [h, w] of each channel. */
export function fields(model: NoiseModel, box: Box): Int32Array[] {
  const { seed, shared, strengths } = model;
  const taps = tapsOf(model.shape);
  const outer = {
    x: box.x - REACH,
    y: box.y - REACH,
    width: box.width + 2 * REACH,
    height: box.height + 2 * REACH,
  };
  const common = shared ? deviates(seed, SHARED_STREAM, outer) : undefined;
  return strengths.map((_, channel) => {
    const own = deviates(seed, channel, outer);
    if (common !== undefined) mix(own, common, shared);
    const down = smoothed(own, outer.width, outer.width, [box.height, outer.width], taps);
    return smoothed(down, outer.width, 1, [box.height, box.width], taps);
  });
}

/** Give the channel's own noise its part of what all share. */
function mix(own: Int32Array, common: Int32Array, shared: number): void {
  const mine = Math.floor(Math.sqrt((256 - shared) * 2 ** 16));
  const ours = Math.floor(Math.sqrt(shared * 2 ** 16));
  for (let i = 0; i < own.length; i++) {
    own[i] = (mine * own[i]! + ours * common[i]! + 2 ** 11) >> 12;
  }
}

/**
 * Coarse numbers of [rows, columns] out of finer ones.
 *
 * @param width numbers in a row of `field`
 * @param apart how far the numbers lie apart that make one
 */
function smoothed(
  field: Int32Array,
  width: number,
  apart: number,
  [rows, columns]: [number, number],
  [t0, t1, t2, t3]: [number, number, number, number],
): Int32Array {
  const out = new Int32Array(rows * columns);
  for (let row = 0, to = 0; row < rows; row++) {
    let at = row * width + REACH * apart;
    for (let column = 0; column < columns; column++, at++, to++) {
      const one = field[at - apart]! + field[at + apart]!;
      const two = field[at - 2 * apart]! + field[at + 2 * apart]!;
      const three = field[at - 3 * apart]! + field[at + 3 * apart]!;
      out[to] = (t0 * field[at]! + t1 * one + t2 * two + t3 * three + 128) >> 8;
    }
  }
  return out;
}
