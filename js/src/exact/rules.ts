/**
 * The rules of a pass: a predictor for each class of samples, and how the error that is to be
 * expected is found (docs/format.md, section 11, *Rules*).
 *
 * A sum of terms * weights takes up to 37 bits; with weights as they mostly are, it takes 31, and
 * then integers are twice as fast as doubles.
 */

import type { SymbolDecoder } from "../entropy/symbols.ts";
import { DamagedFileError } from "../errors.ts";
import type { Known } from "./known.ts";
import type { ExactTables } from "./tables.ts";

const MOST_CLASSES = 8;
const MOST_COARSE = 8;
const MOST_WEIGHT = 32767;
const MOST_TERM = 65535;
const SCALE_ZERO = 32768;

/** What an encoder chose for one pass. */
export class Rules {
  private readonly tables: ExactTables;
  private readonly cuts: Int32Array;
  private readonly weights: Int32Array; // [classes, terms]
  private readonly narrow: boolean; // whether their sums take 31 bits and a sign
  private readonly scale: Int32Array;
  private readonly coarse: number;

  /** Read them, for as many terms and numbers of texture as `known` has. */
  constructor(decoder: SymbolDecoder, known: Known, tables: ExactTables) {
    this.tables = tables;
    const classes = decoder.takeUniform(1, 8)[0]!;
    check(classes >= 1 && classes <= MOST_CLASSES, `${classes} classes`);
    this.cuts = decoder.takeUniform(classes - 1, 8);
    check(
      this.cuts.every((cut, i) => i === 0 || this.cuts[i - 1]! <= cut),
      "cuts that descend",
    );
    const rest = decoder.takeUniform(2, 8);
    const table = rest[1]!;
    this.coarse = rest[0]!;
    check(this.coarse <= MOST_COARSE, `bins taken together by 2^${this.coarse}`);
    check(table < tables.length, `weights of table ${table} of ${tables.length}`);
    this.weights = weightsOf(decoder, table, classes, known.terms.length);
    this.narrow = isNarrow(this.weights, known.terms.length);
    this.scale = decoder.takeUniform(known.texture.length, 16).map((scale) => scale - SCALE_ZERO);
  }

  /** What the sample is predicted to be, 0 .. most. */
  mean(known: Known, most: number): number {
    const first = this.cuts.length === 0 ? 0 : this.classOf(known.activity) * known.terms.length;
    const sum = this.narrow ? this.narrowSum(known.terms, first) : this.wideSum(known.terms, first);
    return Math.max(0, Math.min(known.base + Math.floor((sum + 128) / 256), most));
  }

  /** The bin of the error that is to be expected, which gives the table. */
  spot(known: Known): number {
    const { scale } = this;
    const texture = known.texture;
    let sum = 0;
    for (let u = 0; u < scale.length; u++) sum += texture[u]! * scale[u]!;
    return this.tables.bin(Math.floor(sum / 16)) >> this.coarse;
  }

  private narrowSum(terms: Int32Array, first: number): number {
    const { weights } = this;
    let sum = 0;
    for (let t = 0; t < terms.length; t++) {
      sum = (sum + Math.imul(terms[t]!, weights[first + t]!)) | 0;
    }
    return sum;
  }

  private wideSum(terms: Int32Array, first: number): number {
    const { weights } = this;
    let sum = 0;
    for (let t = 0; t < terms.length; t++) sum += terms[t]! * weights[first + t]!;
    return sum;
  }

  private classOf(activity: number): number {
    const bin = this.tables.bin(activity);
    let found = 0;
    while (found < this.cuts.length && this.cuts[found]! <= bin) found++;
    return found;
  }
}

/** [classes, terms] weights, which come as differences from the class before. */
function weightsOf(
  decoder: SymbolDecoder,
  table: number,
  classes: number,
  terms: number,
): Int32Array {
  const weights = new Int32Array(classes * terms);
  decoder.take(new Uint8Array(weights.length).fill(table), weights);
  for (let i = terms; i < weights.length; i++) weights[i]! += weights[i - terms]!;
  check(
    weights.every((weight) => Math.abs(weight) <= MOST_WEIGHT),
    "weights out of their range",
  );
  return weights;
}

/** Whether the weights of each class are so small that terms of 16 bits times them take 31 bits. */
function isNarrow(weights: Int32Array, terms: number): boolean {
  for (let first = 0; first < weights.length; first += terms) {
    let sum = 0;
    for (let t = first; t < first + terms; t++) sum += Math.abs(weights[t]!);
    if (sum * MOST_TERM >= 2 ** 31) return false;
  }
  return true;
}

function check(right: boolean, what: string): void {
  if (!right) throw new DamagedFileError(`a pass has ${what}, which can't be; get the file again`);
}
