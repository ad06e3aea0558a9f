/**
 * By how much samples miss their means, each coded with the table for the size to be expected
 * (docs/format.md, section 11, *Rules* and *Symbols*).
 */

import type { SymbolDecoder } from "../entropy/symbols.ts";
import { DamagedFileError } from "../errors.ts";
import type { Known } from "./known.ts";
import type { ExactTables } from "./tables.ts";

const SCALE_ZERO = 32768;
const MOST_SHIFT = 16;

/** The samples of a pass whose errors follow: what these are expected to be, then what they are. */
export class Missed {
  private readonly decoder: SymbolDecoder;
  private readonly tables: ExactTables;
  private readonly spots: Uint8Array;
  private readonly index: Uint8Array;
  private readonly symbols: Int32Array;
  private scale = new Int32Array(0);
  private coarse = 0;
  private count = 0;

  /** @param most samples that a pass can have */
  constructor(decoder: SymbolDecoder, tables: ExactTables, most: number) {
    this.decoder = decoder;
    this.tables = tables;
    this.spots = new Uint8Array(most);
    this.index = new Uint8Array(most);
    this.symbols = new Int32Array(most);
  }

  /**
   * Begin a pass: read the scale of as many numbers of texture as `known` has.
   *
   * @param coarse bins are taken together by 2^coarse
   */
  begin(known: Known, coarse: number): void {
    this.scale = this.decoder
      .takeUniform(known.texture.length, 16)
      .map((scale) => scale - SCALE_ZERO);
    this.coarse = coarse;
  }

  /** Add the sample that `known` looks at. */
  expect(known: Known): void {
    this.spots[this.count++] = this.spot(known);
  }

  /** The bin of the error that is to be expected, which gives the table. */
  spot(known: Known): number {
    const { scale } = this;
    const texture = known.texture;
    let sum = 0;
    for (let u = 0; u < scale.length; u++) sum += texture[u]! * scale[u]!;
    return this.tables.bin(Math.floor(sum / 16)) >> this.coarse;
  }

  /** The errors, in quantiser steps, of all samples that were added, if any were; good until the next pass. */
  take(): Int32Array {
    const { count, decoder, index, spots } = this;
    const used = new Uint8Array(this.tables.bins);
    for (let i = 0; i < count; i++) used[spots[i]!] = 1;
    const tables = this.takeOfSpots(used, this.tables.length - 1, "table");
    const shifts = this.takeOfSpots(used, MOST_SHIFT, "shift");
    for (let i = 0; i < count; i++) index[i] = tables[spots[i]!]!;
    decoder.take(index, this.symbols, count);
    const seen = new Set(shifts.filter((shift) => shift > 0).sort());
    for (const shift of seen) this.takeLowBits(shifts, shift);
    this.count = 0;
    return this.symbols;
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
    const { spots, symbols } = this;
    let count = 0;
    for (let i = 0; i < this.count; i++) if (shifts[spots[i]!] === shift) count++;
    const low = this.decoder.takeUniform(count, shift);
    let next = 0;
    for (let i = 0; i < this.count; i++) {
      if (shifts[spots[i]!] !== shift) continue;
      symbols[i] = symbols[i]! * 2 ** shift + low[next++]! - 2 ** (shift - 1);
    }
  }
}
