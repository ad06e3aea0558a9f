/**
 * The rules of a pass: a predictor for each class of samples, and how the error that is to be
 * expected is found (docs/format.md, section 11, *Rules*).
 *
 * A sum of terms * weights takes up to 37 bits. So each weight is split, weight = 256 upper + lower,
 * and both sums are exact in 32 bits: 38 terms of 16 bits times 8.
 */

import type { SymbolDecoder } from "../entropy/symbols.ts";
import { DamagedFileError } from "../errors.ts";
import type { Known } from "./known.ts";
import type { ExactTables } from "./tables.ts";

const MOST_CLASSES = 8;
const MOST_COARSE = 8;
const MOST_WEIGHT = 32767;
const SCALE_ZERO = 32768;

/** What an encoder chose for one pass. */
export class Rules {
  private readonly tables: ExactTables;
  private readonly cuts: Int32Array;
  private readonly upper: Int32Array; // [classes, terms] each
  private readonly lower: Int32Array;
  private readonly scale: Int32Array;
  private readonly coarse: number;

  /** Read them, for as many terms and numbers of texture as `known` has. */
  constructor(decoder: SymbolDecoder, known: Known, tables: ExactTables) {
    this.tables = tables;
    const classes = decoder.takeUniform(1, 8)[0]!;
    check(classes >= 1 && classes <= MOST_CLASSES, `${classes} classes`);
    this.cuts = decoder.takeUniform(classes - 1, 8);
    check(this.cuts.every((cut, i) => i === 0 || this.cuts[i - 1]! <= cut), "cuts that descend");
    const rest = decoder.takeUniform(2, 8);
    const table = rest[1]!;
    this.coarse = rest[0]!;
    check(this.coarse <= MOST_COARSE, `bins taken together by 2^${this.coarse}`);
    check(table < tables.length, `weights of table ${table} of ${tables.length}`);
    const weights = weightsOf(decoder, table, classes, known.terms.length);
    this.upper = weights.map((weight) => weight >> 8);
    this.lower = weights.map((weight) => weight & 0xff);
    this.scale = decoder.takeUniform(known.texture.length, 16).map((scale) => scale - SCALE_ZERO);
  }

  /** What the sample is predicted to be, 0 .. most. */
  mean(known: Known, most: number): number {
    const { upper, lower } = this;
    const terms = known.terms;
    const first = this.cuts.length === 0 ? 0 : this.classOf(known.activity) * terms.length;
    let high = 0;
    let low = 128;
    for (let t = 0; t < terms.length; t++) {
      const term = terms[t]!;
      high = (high + Math.imul(term, upper[first + t]!)) | 0;
      low = (low + Math.imul(term, lower[first + t]!)) | 0;
    }
    return Math.max(0, Math.min(known.base + high + (low >> 8), most));
  }

  /** The bin of the error that is to be expected, which gives the table. */
  spot(known: Known): number {
    const { scale } = this;
    const texture = known.texture;
    let sum = 0;
    for (let u = 0; u < scale.length; u++) sum += texture[u]! * scale[u]!;
    return this.tables.bin(Math.floor(sum / 16)) >> this.coarse;
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
  check(weights.every((weight) => Math.abs(weight) <= MOST_WEIGHT), "weights out of their range");
  return weights;
}

function check(right: boolean, what: string): void {
  if (!right) throw new DamagedFileError(`a pass has ${what}, which can't be; get the file again`);
}
