/**
 * One pass over a level of a plane: rules, what they predict, and by how much samples miss that
 * (docs/format.md, section 11, *Rules* and *Symbols*).
 */

import type { SymbolDecoder } from "../entropy/symbols.ts";
import { DamagedFileError } from "../errors.ts";
import { ANOTHER, Counted } from "./counted.ts";
import { Known, type Plane } from "./known.ts";
import { Missed } from "./missed.ts";
import type { Pass } from "./passes.ts";
import { rounded, Rules } from "./rules.ts";
import type { ExactTables } from "./tables.ts";
import type { Values } from "./values.ts";

const MOST_ERROR = 2 ** 17; // keeps all sums exact; no encoder needs as much
const FOLLOWS = -(2 ** 31); // in place of an error that comes later; none is so large

/** Decodes the passes of planes; what it needs for one is kept for the next. */
export class PassDecoder {
  private readonly decoder: SymbolDecoder;
  private readonly tables: ExactTables;
  private readonly missed: Missed;
  private counted: Counted | undefined;
  // Of each sample of a pass: its place in the grids, what it is predicted to be, and how
  // many quantiser steps it is off that.
  private readonly places: Int32Array;
  private readonly means: Int32Array;
  private readonly errors: Int32Array;
  private samples = 0;
  private coded = 0; // of them that are no holes

  /** @param most samples that a pass can have */
  constructor(decoder: SymbolDecoder, tables: ExactTables, most: number) {
    this.decoder = decoder;
    this.tables = tables;
    this.missed = new Missed(decoder, tables, most);
    this.places = new Int32Array(most);
    this.means = new Int32Array(most);
    this.errors = new Int32Array(most);
  }

  /** Begin a plane. */
  begin(): void {
    this.counted?.clear();
  }

  /**
   * Give the samples of a pass, and how far off their predictions were.
   *
   * @param plane the level, mirrored
   * @param references the same level of other planes
   * @param holes 1 where there are holes, by place
   */
  decode(
    pass: Pass,
    plane: Plane,
    references: readonly Plane[],
    values: Values,
    holes: Int32Array | undefined,
  ): void {
    this.list(pass, plane, holes);
    const known = new Known(plane, references, pass);
    if (this.coded === 0) {
      this.predictHoles(known, values.size);
    } else {
      const rules = new Rules(this.decoder, known.terms.length, this.tables);
      if (rules.counted) this.count(pass, known, rules, values, holes);
      else this.predict(known, rules, values.size, holes);
    }
    this.put(plane, values, this.missed.take());
  }

  private list(pass: Pass, { k }: Plane, holes: Int32Array | undefined): void {
    let count = 0;
    let coded = 0;
    for (let row = pass.row; row < k.rows; row += 2) {
      const end = k.at(row, k.columns);
      for (let at = k.at(row, pass.column); at < end; at += 2) {
        this.places[count++] = at;
        if (holes === undefined || holes[at] === 0) coded++;
      }
    }
    this.samples = count;
    this.coded = coded;
  }

  /** In a pass of holes alone, a sample is its base. */
  private predictHoles(known: Known, size: number): void {
    for (let i = 0; i < this.samples; i++) {
      known.look(this.places[i]!);
      this.means[i] = Math.min(known.base, size);
      this.errors[i] = 0;
    }
  }

  private predict(known: Known, rules: Rules, size: number, holes: Int32Array | undefined): void {
    const { errors, means, missed, places } = this;
    missed.begin(known, rules.coarse);
    for (let i = 0; i < this.samples; i++) {
      const at = places[i]!;
      known.look(at);
      means[i] = rounded(rules.fineMean(known, size));
      const there = holes === undefined || holes[at] === 0;
      if (there) missed.expect(known);
      errors[i] = there ? FOLLOWS : 0;
    }
  }

  private count(
    pass: Pass,
    known: Known,
    rules: Rules,
    values: Values,
    holes: Int32Array | undefined,
  ): void {
    if (values.step > 1) {
      throw new DamagedFileError(
        "a pass is counted in a plane that isn't exact, which can't be; get the file again",
      );
    }
    const { errors, means, places } = this;
    this.counted ??= new Counted(this.decoder, places.length);
    this.counted.begin(pass, this.coded);
    let others = false;
    for (let i = 0; i < this.samples; i++) {
      const at = places[i]!;
      if (rules.nearest) known.lookNear(at);
      else known.look(at);
      const fine = rules.fineMean(known, values.size);
      means[i] = rounded(fine);
      errors[i] = 0;
      if (holes !== undefined && holes[at] !== 0) continue;
      const value = this.counted.next(at, known, fine);
      others ||= value === ANOTHER;
      errors[i] = value === ANOTHER ? FOLLOWS : value - means[i]!;
    }
    if (others) this.expectOthers(known, rules);
  }

  private expectOthers(known: Known, rules: Rules): void {
    this.missed.begin(known, rules.coarse);
    for (let i = 0; i < this.samples; i++) {
      if (this.errors[i] !== FOLLOWS) continue;
      known.look(this.places[i]!);
      this.missed.expect(known);
    }
  }

  private put({ k, e }: Plane, { size, step }: Values, symbols: Int32Array): void {
    let worst = 0;
    let next = 0;
    for (let i = 0; i < this.samples; i++) {
      const at = this.places[i]!;
      const error = (this.errors[i] === FOLLOWS ? symbols[next++]! : this.errors[i]!) * step;
      worst = Math.max(worst, Math.abs(error));
      k.data[at] = Math.max(0, Math.min(this.means[i]! + error, size));
      e.data[at] = Math.abs(error);
    }
    if (worst >= MOST_ERROR) {
      throw new DamagedFileError(
        `a sample is ${worst} off from its prediction, which none can be; get the file again`,
      );
    }
  }
}
