/**
 * Numbers 0 .. 5, each as probable as it was before after the same surroundings (docs/format.md,
 * section 11, *Counted passes*).
 *
 * Samples come in runs, within which counts don't change: what has the same two rows shares a table
 * until its run ends, and so does the adding up.
 */

import type { SymbolDecoder } from "../entropy/symbols.ts";
import { CODED_TOTAL, COUNT_TOTAL, leftOf } from "../entropy/tables.ts";

const NUMBERS = 6;
const PRIOR = Int32Array.of(20, 6, 2, 1, 1, 3);
const SEEN = 16; // that a number weighs which was seen once in the coarser table
const BACK = 8; // numbers of the finer table that the coarser one weighs as much as
const MOST_SEEN = 2048; // in a row
const ROW_BITS = 16;
const HASH = 2654435769;
const FEWEST = 32; // samples of a run
const FASTER = 6; // runs are of 1/2^6 of the samples before
const STRIDE = NUMBERS + 1; // of tables: their lefts

/** The counts of one plane, and the coder whose numbers they predict. */
export class Counts {
  private readonly decoder: SymbolDecoder;
  private readonly often = new Int32Array(NUMBERS << ROW_BITS);
  private readonly finer = new Int32Array(NUMBERS << ROW_BITS);
  private seen = 0;
  private left = 0; // samples that the pass still has
  private ahead = 0; // of these, in this run
  private run = 0; // length of it
  // The tables of this run: their rows, how the coder's range is split, and what was seen.
  private tables = 0;
  private readonly places = new Int32Array(1 << ROW_BITS); // of the last table of a finer row
  private readonly coarseRows: Int32Array;
  private readonly finerRows: Int32Array;
  private readonly lefts: Int32Array;
  private readonly fresh: Int32Array;
  private readonly counts = new Float64Array(NUMBERS); // of the table that is being built

  /** @param most samples that a pass can have, which is no less than a quarter of the plane's */
  constructor(decoder: SymbolDecoder, most: number) {
    const longest = Math.max(FEWEST, (4 * most) >> FASTER);
    this.decoder = decoder;
    this.coarseRows = new Int32Array(longest);
    this.finerRows = new Int32Array(longest);
    this.lefts = new Int32Array(longest * STRIDE);
    this.fresh = new Int32Array(longest * NUMBERS);
  }

  /** Forget all: where a plane begins. */
  clear(): void {
    if (this.seen === 0) return;
    this.often.fill(0);
    this.finer.fill(0);
    this.seen = 0;
  }

  /** Begin a pass of so many samples. */
  begin(samples: number): void {
    this.left = samples;
    this.start();
  }

  /** The number of the next sample, for numbers of its surroundings. */
  take(coarse: number, finer: number): number {
    const r = Math.imul(coarse, HASH) >>> (32 - ROW_BITS);
    const s = Math.imul(finer, HASH) >>> (32 - ROW_BITS);
    let table = this.places[s]!;
    const there =
      table < this.tables && this.finerRows[table] === s && this.coarseRows[table] === r;
    if (!there) table = this.build(r, s);
    const number = this.decoder.takeOne(this.lefts, table * STRIDE);
    this.fresh[table * NUMBERS + number]!++;
    if (--this.ahead === 0) {
      this.add();
      this.start();
    }
    return number;
  }

  private start(): void {
    this.run = Math.min(this.left, Math.max(FEWEST, this.seen >> FASTER));
    this.ahead = this.run;
    this.left -= this.run;
    this.tables = 0;
  }

  /** A table of this run for two rows; its place. */
  private build(r: number, s: number): number {
    const { counts, finer, lefts, often } = this;
    const table = this.tables++;
    this.places[s] = table;
    this.coarseRows[table] = r;
    this.finerRows[table] = s;
    this.fresh.fill(0, table * NUMBERS, (table + 1) * NUMBERS);
    let sum = 0;
    let total = BACK;
    for (let i = 0; i < NUMBERS; i++) {
      sum += SEEN * often[r * NUMBERS + i]! + PRIOR[i]!;
      total += finer[s * NUMBERS + i]!;
    }
    total *= sum;
    let short = COUNT_TOTAL - NUMBERS;
    let greatest = 0;
    for (let i = 0; i < NUMBERS; i++) {
      const coarse = SEEN * often[r * NUMBERS + i]! + PRIOR[i]!;
      const weight = finer[s * NUMBERS + i]! * sum + BACK * coarse;
      const count = Math.floor((weight * (COUNT_TOTAL - NUMBERS)) / total);
      counts[i] = 1 + count;
      short -= count;
      if (counts[i]! > counts[greatest]!) greatest = i;
    }
    counts[greatest]! += short;
    let below = 0;
    for (let i = 0; i < NUMBERS; i++) {
      lefts[table * STRIDE + i] = leftOf(i, below, NUMBERS);
      below += counts[i]!;
    }
    lefts[table * STRIDE + NUMBERS] = CODED_TOTAL;
    return table;
  }

  /** Count what was seen in the run. */
  private add(): void {
    this.seen += this.run;
    for (let table = 0; table < this.tables; table++) {
      const r = this.coarseRows[table]! * NUMBERS;
      const s = this.finerRows[table]! * NUMBERS;
      for (let i = 0; i < NUMBERS; i++) {
        const fresh = this.fresh[table * NUMBERS + i]!;
        this.often[r + i]! += fresh;
        this.finer[s + i]! += fresh;
      }
    }
    for (let table = 0; table < this.tables; table++) {
      halve(this.often, this.coarseRows[table]! * NUMBERS);
      halve(this.finer, this.finerRows[table]! * NUMBERS);
    }
  }
}

/** Halve a row until its sum is small. */
function halve(counts: Int32Array, row: number): void {
  for (;;) {
    let sum = 0;
    for (let i = row; i < row + NUMBERS; i++) sum += counts[i]!;
    if (sum <= MOST_SEEN) return;
    for (let i = row; i < row + NUMBERS; i++) counts[i]! >>= 1;
  }
}
