/**
 * Independent and nearly normal numbers, by the place of a sample in the picture (docs/format.md,
 * section 18, *Deviates*): the counter-based generator of Steele et al. 2014, SplitMix64.
 *
 * Numbers of 64 bits are two halves. The upper half of a product of two halves is what a double,
 * which is less than 2^12 off, says once the lower half is taken off.
 */

import type { Box } from "../box.ts";

const STEP = 0x9e3779b97f4a7c15n;
const [FIRST_HIGH, FIRST_LOW] = [0xbf58476d, 0x1ce4e5b9];
const [SECOND_HIGH, SECOND_LOW] = [0x94d049bb, 0x133111eb];
const HALF = 2 ** 32;
const MIDDLE = 1020; // mean of the sum of 8 bytes
const ORIGIN = 3; // samples before the first that has a number

/** The deviates of one stream at a box, which may begin 3 samples before the picture: [h, w]. */
export function deviates(seed: number, stream: number, box: Box): Int32Array {
  const out = new Int32Array(box.width * box.height);
  for (let row = 0; row < box.height; row++) {
    const place = (BigInt(stream) << 56n) + (BigInt(box.y + row + ORIGIN) << 28n);
    const first = (place + BigInt(box.x + ORIGIN)) * STEP + (BigInt(seed) << 32n);
    const start = row * box.width;
    fill(out.subarray(start, start + box.width), first);
  }
  return out;
}

/** Numbers whose counters begin with `first`. */
function fill(out: Int32Array, first: bigint): void {
  const step = Number(STEP & 0xffffffffn);
  const stepHigh = Number(STEP >> 32n);
  let low = Number(first & 0xffffffffn);
  let high = Number((first >> 32n) & 0xffffffffn) | 0;
  for (let i = 0; i < out.length; i++) {
    let h = high ^ (high >>> 30);
    let l = (low | 0) ^ ((low >>> 30) | (high << 2));
    h = upper(h, l, FIRST_HIGH, FIRST_LOW);
    l = Math.imul(l, FIRST_LOW);
    l ^= (l >>> 27) | (h << 5);
    h ^= h >>> 27;
    h = upper(h, l, SECOND_HIGH, SECOND_LOW);
    l = Math.imul(l, SECOND_LOW);
    l ^= (l >>> 31) | (h << 1);
    h ^= h >>> 31;
    out[i] = byteSum(h, l) - MIDDLE;
    const next = low + step;
    high = (high + stepHigh + (next >= HALF ? 1 : 0)) | 0;
    low = next >>> 0;
  }
}

/** The upper half of (h, l) * (ch, cl). */
function upper(h: number, l: number, ch: number, cl: number): number {
  const lower = Math.imul(l, cl) >>> 0;
  const carried = (((l >>> 0) * cl - lower) / HALF + 0.5) | 0;
  return (carried + Math.imul(h, cl) + Math.imul(l, ch)) | 0;
}

/** Of the 8 bytes of two halves. */
function byteSum(h: number, l: number): number {
  const pairs = (h & 0xff00ff) + ((h >>> 8) & 0xff00ff) + (l & 0xff00ff) + ((l >>> 8) & 0xff00ff);
  return (pairs & 0xffff) + (pairs >>> 16);
}
