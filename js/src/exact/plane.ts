/**
 * One plane of a tile, from level to level (docs/format.md, section 11, *Levels*): every 32nd row
 * and column first, as they are, then each finer level in three passes.
 */

import type { SymbolDecoder } from "../entropy/symbols.ts";
import { DamagedFileError } from "../errors.ts";
import { Grid } from "./grid.ts";
import type { Plane } from "./known.ts";
import { PassDecoder } from "./pass.ts";
import { PASSES } from "./passes.ts";
import type { ExactTables } from "./tables.ts";
import type { Values } from "./values.ts";

const TOP = 5; // level of the first samples

/** Decodes the planes of a tile, one after the other, out of one coder. */
export class PlaneDecoder {
  private readonly decoder: SymbolDecoder;
  private readonly passes: PassDecoder;
  private readonly rows: number;
  private readonly columns: number;
  private flat: Plane | undefined;

  constructor(decoder: SymbolDecoder, tables: ExactTables, rows: number, columns: number) {
    this.decoder = decoder;
    this.rows = rows;
    this.columns = columns;
    this.passes = new PassDecoder(decoder, tables, Math.ceil(rows / 2) * Math.ceil(columns / 2));
  }

  /**
   * The next plane, mirrored.
   *
   * @param references whole planes that it is predicted from
   * @param mask k is 1 where there are holes
   */
  decode(values: Values, references: readonly Plane[], mask?: Plane): Plane {
    if (values.size === 0) return this.zeros();
    this.passes.begin();
    let k = this.coarsest(values.size);
    let e = new Grid(k.rows, k.columns);
    for (let level = TOP - 1; level >= 0; level--) {
      const apart = 2 ** level;
      const rows = Math.ceil(this.rows / apart);
      const columns = Math.ceil(this.columns / apart);
      k = k.finer(rows, columns, true);
      e = e.finer(rows, columns, false);
      const holes = mask?.k.every(apart).data;
      const there = references.map((one) => ({ k: one.k.every(apart), e: one.e.every(apart) }));
      for (const pass of PASSES) {
        k.mirror();
        e.mirror();
        if (rows > pass.row && columns > pass.column) {
          this.passes.decode(pass, { k, e }, there, values, holes);
        }
      }
    }
    k.mirror();
    e.mirror();
    return { k, e };
  }

  /** A plane of one value; all of them are the same. */
  private zeros(): Plane {
    if (this.flat === undefined) {
      const grid = new Grid(this.rows, this.columns);
      this.flat = { k: grid, e: grid };
    }
    return this.flat;
  }

  private coarsest(size: number): Grid {
    const grid = new Grid(Math.ceil(this.rows / 2 ** TOP), Math.ceil(this.columns / 2 ** TOP));
    const bits = 32 - Math.clz32(size);
    const values = this.decoder.takeUniform(grid.rows * grid.columns, bits);
    if (values.some((value) => value > size)) {
      throw new DamagedFileError(
        `a plane's first samples are beyond its range of ${size}; get the file again`,
      );
    }
    for (let row = 0; row < grid.rows; row++) {
      const start = row * grid.columns;
      grid.data.set(values.subarray(start, start + grid.columns), grid.at(row, 0));
    }
    return grid;
  }
}
