/**
 * Lists of numbers out of one coder, symbols of a table together (docs/format.md, sections 7
 * and 11).
 */

import { DamagedFileError } from "../errors.ts";
import { AnsDecoder } from "./ans.ts";
import { type TableSet, uniformTable } from "./tables.ts";

const BYTE_BITS = 8;

/** Gives the lists in the order in which an encoder put them. */
export class SymbolDecoder {
  private readonly coder: AnsDecoder;
  private readonly tables: TableSet;
  private places = new Int32Array(0);
  private symbols = new Int32Array(0);

  /** @param payload words; DamagedFileError if they can't be those of a coder */
  constructor(payload: Uint8Array, tables: TableSet) {
    this.coder = new AnsDecoder(payload);
    this.tables = tables;
  }

  /**
   * A number for each table index, into out[0] .. out[count - 1].
   *
   * @param index tables, each below the number there is; those below `skip` give 0
   */
  take(index: Uint8Array, out: Int32Array, count = index.length, skip = 0): void {
    const ends = this.group(index, count);
    let escapes: number[] | undefined;
    for (let table = 0, from = 0; table < ends.length; from = ends[table++]!) {
      const to = ends[table]!;
      if (from === to) continue;
      if (table < skip) {
        for (let at = from; at < to; at++) out[this.places[at]!] = 0;
        continue;
      }
      this.coder.decode(this.tables.table(table), this.symbols, from, to);
      const reach = this.tables.reach[table]!;
      for (let at = from; at < to; at++) {
        const symbol = this.symbols[at]! - reach;
        out[this.places[at]!] = symbol;
        if (symbol > reach) (escapes ??= []).push(this.places[at]!);
      }
    }
    if (escapes !== undefined) this.takeEscapes(escapes, out);
  }

  /** A symbol of a table of few, whose lefts begin at a place. */
  takeOne(lefts: Int32Array, place: number): number {
    return this.coder.decodeOne(lefts, place);
  }

  /** `count` numbers of `bits` bits, all equally likely; 32 bits at most. */
  takeUniform(count: number, bits: number): Int32Array {
    const out = new Int32Array(count);
    const part = new Int32Array(count);
    for (let start = (bits - 1) & -BYTE_BITS; start >= 0; start -= BYTE_BITS) {
      this.coder.decode(uniformTable(Math.min(BYTE_BITS, bits - start)), part, 0, count);
      for (let i = 0; i < count; i++) out[i]! |= part[i]! << start;
    }
    return out;
  }

  /** Check that nothing is left; DamagedFileError if something is. */
  finish(): void {
    this.coder.finish();
  }

  /** Sort the places of the list by table, each table's in order; returns where each ends. */
  private group(index: Uint8Array, count: number): Int32Array {
    if (this.places.length < count) {
      this.places = new Int32Array(count);
      this.symbols = new Int32Array(count);
    }
    const starts = new Int32Array(this.tables.length + 1);
    for (let i = 0; i < count; i++) starts[index[i]! + 1]!++;
    for (let table = 1; table < starts.length; table++) starts[table]! += starts[table - 1]!;
    const next = starts.subarray(0, this.tables.length);
    for (let i = 0; i < count; i++) this.places[next[index[i]!]!++] = i;
    return next;
  }

  /** What follows the symbols: the values that no table holds, two bytes each, high ones first. */
  private takeEscapes(places: readonly number[], out: Int32Array): void {
    const bytes = new Int32Array(2 * places.length);
    this.coder.decode(uniformTable(BYTE_BITS), bytes, 0, bytes.length);
    places.forEach((place, i) => {
      const value = ((bytes[2 * i]! << 24) >> 16) | bytes[2 * i + 1]!;
      if (value === -32768) {
        throw new DamagedFileError(
          "a tile's payload holds a symbol outside 16 bits; get the file again",
        );
      }
      out[place] = value;
    });
  }
}
