/**
 * The decoder of asymmetric numeral systems (docs/format.md, section 6): 64-bit state, 32-bit
 * words, 24-bit probabilities.
 *
 * The state is two halves of 32 bits. Of the product that makes the next state, the lower 32 bits
 * come from integer arithmetic; then the upper ones are what a double, which is less than 2^12 off,
 * says once the lower are taken off.
 */

import { DamagedFileError } from "../errors.ts";
import { LOOKUP_SHIFT, type Table } from "./tables.ts";

const HALF = 2 ** 32;
const MASK = 0xffffff;

/** A stack of words and the state over it. */
export class AnsDecoder {
  private readonly words: Uint32Array;
  private left: number;
  private high = 0;
  private low = 0;

  /** @param payload whole words, the last of them not zero; else DamagedFileError */
  constructor(payload: Uint8Array) {
    if (payload.length % 4 !== 0) {
      throw new DamagedFileError(
        `a tile's payload of ${payload.length} bytes is not whole words; get the file again`,
      );
    }
    this.words = new Uint32Array(new Uint8Array(payload).buffer);
    this.left = this.words.length;
    if (this.left > 0 && this.words[this.left - 1] === 0) {
      throw new DamagedFileError("a tile's payload ends in an empty word; get the file again");
    }
    if (this.left > 0) this.low = this.words[--this.left]!;
    if (this.left > 0) {
      this.high = this.low;
      this.low = this.words[--this.left]!;
    }
  }

  /** Decode symbols 0 .. n - 1 of one table into out[from] .. out[to - 1]. */
  decode(table: Table, out: Int32Array, from: number, to: number): void {
    const { lefts, first } = table;
    const words = this.words;
    let left = this.left;
    let high = this.high | 0;
    let low = this.low | 0;
    for (let at = from; at < to; at++) {
      const q = low & MASK;
      let i = first[q >> LOOKUP_SHIFT]!;
      while (lefts[i + 1]! <= q) i++;
      out[at] = i;
      const start = lefts[i]!;
      const width = lefts[i + 1]! - start;
      const rest = q - start;
      const above = (high << 8) | (low >>> 24); // the lower 32 bits of state >> 24
      const whole = ((high >>> 0) * 256 + (low >>> 24)) * width + rest;
      low = (Math.imul(above, width) + rest) | 0;
      high = ((whole - (low >>> 0)) / HALF + 0.5) | 0;
      if (high === 0 && left > 0) {
        high = low;
        low = words[--left]! | 0;
      }
    }
    this.left = left;
    this.high = high >>> 0;
    this.low = low >>> 0;
  }

  /** Decode one symbol of a table of few, whose lefts begin at a place. */
  decodeOne(lefts: Int32Array, place: number): number {
    const { high, low } = this;
    const q = low & MASK;
    let i = place;
    while (lefts[i + 1]! <= q) i++;
    const start = lefts[i]!;
    const width = lefts[i + 1]! - start;
    const rest = q - start;
    const above = (high << 8) | (low >>> 24);
    const whole = (high * 256 + (low >>> 24)) * width + rest;
    this.low = (Math.imul(above, width) + rest) >>> 0;
    this.high = ((whole - this.low) / HALF + 0.5) >>> 0;
    if (this.high === 0 && this.left > 0) {
      this.high = this.low;
      this.low = this.words[--this.left]!;
    }
    return i - place;
  }

  /** Check that nothing is left; DamagedFileError if something is. */
  finish(): void {
    if (this.left > 0 || this.high !== 0 || this.low !== 0) {
      throw new DamagedFileError(
        "a tile's payload holds more than its symbols; get the file again",
      );
    }
  }
}
