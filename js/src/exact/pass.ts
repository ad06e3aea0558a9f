/**
 * One pass over a level of a plane: rules, then what they predict, then symbols (docs/format.md,
 * section 11, *Rules* and *Symbols*).
 */

import type { SymbolDecoder } from "../entropy/symbols.ts";
import { DamagedFileError } from "../errors.ts";
import { Known, type Plane } from "./known.ts";
import type { Pass } from "./passes.ts";
import { Rules } from "./rules.ts";
import type { ExactTables } from "./tables.ts";
import type { Values } from "./values.ts";

const MOST_ERROR = 2 ** 17; // keeps all sums exact; no encoder needs as much
const MOST_SHIFT = 16;

/** Decodes passes; what it needs for one is kept for the next. */
export class PassDecoder {
  private readonly decoder: SymbolDecoder;
  private readonly tables: ExactTables;
  // Of each sample of a pass: its place in the grids, and what it is predicted to be.
  private readonly places: Int32Array;
  private readonly means: Int32Array;
  private count = 0;
  // Of those that are no holes, in the same order.
  private readonly spots: Uint8Array;
  private readonly index: Uint8Array;
  private readonly symbols: Int32Array;
  private coded = 0;

  /** @param most samples that a pass can have */
  constructor(decoder: SymbolDecoder, tables: ExactTables, most: number) {
    this.decoder = decoder;
    this.tables = tables;
    this.places = new Int32Array(most);
    this.means = new Int32Array(most);
    this.spots = new Uint8Array(most);
    this.index = new Uint8Array(most);
    this.symbols = new Int32Array(most);
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
    const rules = this.coded > 0 ? new Rules(this.decoder, known, this.tables) : undefined;
    this.predict(known, rules, values.size, holes);
    if (this.coded > 0) this.takeSymbols();
    this.put(plane, values, holes);
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
    this.count = count;
    this.coded = coded;
  }

  /** Without rules, in a pass of holes alone, a sample is predicted to be its base. */
  private predict(
    known: Known,
    rules: Rules | undefined,
    size: number,
    holes: Int32Array | undefined,
  ): void {
    let coded = 0;
    for (let i = 0; i < this.count; i++) {
      const at = this.places[i]!;
      known.look(at);
      this.means[i] = rules === undefined ? Math.min(known.base, size) : rules.mean(known, size);
      if (rules !== undefined && (holes === undefined || holes[at] === 0)) {
        this.spots[coded++] = rules.spot(known);
      }
    }
  }

  private takeSymbols(): void {
    const { coded, decoder, index, spots } = this;
    const used = new Uint8Array(this.tables.bins);
    for (let i = 0; i < coded; i++) used[spots[i]!] = 1;
    const tables = this.takeOfSpots(used, this.tables.length - 1, "table");
    const shifts = this.takeOfSpots(used, MOST_SHIFT, "shift");
    for (let i = 0; i < coded; i++) index[i] = tables[spots[i]!]!;
    decoder.take(index, this.symbols, coded);
    const seen = new Set(shifts.filter((shift) => shift > 0).sort());
    for (const shift of seen) this.takeLowBits(shifts, shift);
  }

  /** A number for each spot that occurs. */
  private takeOfSpots(used: Uint8Array, most: number, what: string): Uint8Array {
    const count = used.reduce((sum, one) => sum + one, 0);
    const values = this.decoder.takeUniform(count, 8);
    let next = 0;
    return used.map((one) => {
      const value = one ? values[next++]! : 0;
      if (value <= most) return value;
      throw new DamagedFileError(
        `a pass has ${what} ${value}, and ${most} is the most; get the file again`,
      );
    });
  }

  private takeLowBits(shifts: Uint8Array, shift: number): void {
    const { coded, spots, symbols } = this;
    let count = 0;
    for (let i = 0; i < coded; i++) if (shifts[spots[i]!] === shift) count++;
    const low = this.decoder.takeUniform(count, shift);
    let next = 0;
    for (let i = 0; i < coded; i++) {
      if (shifts[spots[i]!] !== shift) continue;
      symbols[i] = symbols[i]! * 2 ** shift + low[next++]! - 2 ** (shift - 1);
    }
  }

  private put({ k, e }: Plane, values: Values, holes: Int32Array | undefined): void {
    const { size, step } = values;
    let worst = 0;
    let coded = 0;
    for (let i = 0; i < this.count; i++) {
      const at = this.places[i]!;
      const there = holes === undefined || holes[at] === 0;
      const error = there ? this.symbols[coded++]! * step : 0;
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
