/**
 * The rules of a pass: a predictor for each class of samples, and whether repeats are counted
 * (docs/format.md, section 11, *Rules*).
 *
 * A sum of terms * weights takes up to 37 bits; with weights as they mostly are, it takes 31, and
 * then integers are twice as fast as doubles.
 */

import type { SymbolDecoder } from "../entropy/symbols.ts";
import { DamagedFileError } from "../errors.ts";
import type { Known } from "./known.ts";
import { NEAREST } from "./passes.ts";
import type { ExactTables } from "./tables.ts";

const MOST_CLASSES = 8;
const MOST_COARSE = 8;
const MOST_WEIGHT = 32767;
const MOST_TERM = 65535;
const COUNTED = 128; // added to the number of classes
const NEAREST_WEIGHT = 64;

/** What an encoder chose for one pass. */
export class Rules {
  /** Whether samples that repeat one of the nearest are coded as such, others by their error. */
  readonly counted: boolean;
  /** Whether the mean of the nearest is what all are predicted to be. */
  readonly nearest: boolean;
  /** Bins of expected errors are taken together by 2^coarse. */
  readonly coarse: number;
  private readonly tables: ExactTables;
  private readonly cuts: Int32Array;
  private readonly terms: number; // that have weights
  private readonly weights: Int32Array; // [classes, terms]
  private readonly narrow: boolean; // whether their sums take 31 bits and a sign

  /** Read them, for so many terms. */
  constructor(decoder: SymbolDecoder, terms: number, tables: ExactTables) {
    this.tables = tables;
    const head = decoder.takeUniform(1, 8)[0]!;
    const classes = head % COUNTED;
    this.counted = head >= COUNTED;
    this.nearest = classes === 0;
    check(classes <= MOST_CLASSES && head > 0, `${classes} classes`);
    this.cuts = decoder.takeUniform(Math.max(0, classes - 1), 8);
    check(
      this.cuts.every((cut, i) => i === 0 || this.cuts[i - 1]! <= cut),
      "cuts that descend",
    );
    this.coarse = decoder.takeUniform(1, 8)[0]!;
    check(this.coarse <= MOST_COARSE, `bins taken together by 2^${this.coarse}`);
    this.terms = this.nearest ? NEAREST : terms;
    this.weights = this.nearest
      ? new Int32Array(NEAREST).fill(NEAREST_WEIGHT)
      : takeWeights(decoder, classes, terms, tables);
    this.narrow = isNarrow(this.weights, this.terms);
  }

  /** What the sample is predicted to be, 0 .. most, times 2^8. */
  fineMean(known: Known, most: number): number {
    const first = this.cuts.length === 0 ? 0 : this.classOf(known.activity) * this.terms;
    const sum = this.narrow ? this.narrowSum(known.terms, first) : this.wideSum(known.terms, first);
    return Math.max(0, Math.min(256 * known.base + sum, 256 * most));
  }

  private narrowSum(terms: Int32Array, first: number): number {
    const { weights } = this;
    let sum = 0;
    for (let t = 0; t < this.terms; t++) {
      sum = (sum + Math.imul(terms[t]!, weights[first + t]!)) | 0;
    }
    return sum;
  }

  private wideSum(terms: Int32Array, first: number): number {
    const { weights } = this;
    let sum = 0;
    for (let t = 0; t < this.terms; t++) sum += terms[t]! * weights[first + t]!;
    return sum;
  }

  private classOf(activity: number): number {
    const bin = this.tables.bin(activity);
    let found = 0;
    while (found < this.cuts.length && this.cuts[found]! <= bin) found++;
    return found;
  }
}

/** The whole number of one times 2^8. */
export function rounded(fine: number): number {
  return (fine + 128) >> 8;
}

/** [classes, terms] weights, which come as differences from the class before. */
function takeWeights(
  decoder: SymbolDecoder,
  classes: number,
  terms: number,
  tables: ExactTables,
): Int32Array {
  const table = decoder.takeUniform(1, 8)[0]!;
  check(table < tables.length, `weights of table ${table} of ${tables.length}`);
  const weights = new Int32Array(classes * terms);
  decoder.take(new Uint8Array(weights.length).fill(table), weights);
  for (let i = terms; i < weights.length; i++) weights[i]! += weights[i - terms]!;
  check(
    weights.every((weight) => Math.abs(weight) <= MOST_WEIGHT),
    "weights out of their range",
  );
  return weights;
}

/**
 * Whether the weights of each class are so small that what terms of 16 bits times them sum to takes
 * 31 bits, even with a base of 16 bits times 2^8.
 */
function isNarrow(weights: Int32Array, terms: number): boolean {
  for (let first = 0; first < weights.length; first += terms) {
    let sum = 0;
    for (let t = first; t < first + terms; t++) sum += Math.abs(weights[t]!);
    if ((sum + 256) * MOST_TERM >= 2 ** 31) return false;
  }
  return true;
}

function check(right: boolean, what: string): void {
  if (!right) throw new DamagedFileError(`a pass has ${what}, which can't be; get the file again`);
}
