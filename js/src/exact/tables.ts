/**
 * The integers that decide the bits of exact layers: probability tables, and the limits of bins.
 * They are `entropy.npz` of the model *exact* (docs/format.md, section 11).
 */

import { TableSet } from "../entropy/tables.ts";
import { ModelError } from "../errors.ts";
import { type Arrays, readNpz } from "../npz.ts";

const MOST = 2 ** 32 - 1; // no limit is greater
const LENGTHS = 33; // numbers of 0 to 32 binary digits

/** Tables and bins of one `entropy.npz`. */
export class ExactTables extends TableSet {
  /** The number of bins: one more than their limits. */
  readonly bins: number;
  private readonly limits: Uint32Array;
  private readonly starts: Uint8Array;

  /**
   * @param counts [T, W] and reach [T]: as for `TableSet`
   * @param limits [B] ascending, 255 at most
   */
  constructor(counts: ArrayLike<number>, reach: Uint8Array, limits: Uint32Array) {
    super(counts, reach);
    this.limits = limits;
    this.bins = limits.length + 1;
    this.starts = Uint8Array.from({ length: LENGTHS }, (_, length) => {
      return limits.filter((limit) => limit <= (length ? 2 ** (length - 1) : -1)).length;
    });
  }

  /** The tables in the bytes of an `entropy.npz`. Throws ModelError if they can't be read. */
  static async parse(archive: Uint8Array): Promise<ExactTables> {
    return ExactTables.of(await readNpz(archive));
  }

  /** The tables in the arrays of an `entropy.npz`, likewise. */
  static of(arrays: Arrays): ExactTables {
    const [tables, reach, bins] = ["tables", "reach", "bins"].map((name) => arrays.get(name)?.data);
    const right = tables && reach instanceof Uint8Array && bins instanceof Uint32Array;
    if (!right || bins.length > 255 || reach.length > 256) {
      throw new ModelError("the tables of exact layers are incomplete; install the model again");
    }
    return new ExactTables(tables, reach, bins);
  }

  /** How many limits a whole number reaches; none if it is negative. */
  bin(value: number): number {
    if (value < 0) return 0;
    const limits = this.limits;
    let bin = this.starts[32 - Math.clz32(Math.min(value, MOST))]!;
    while (bin < limits.length && limits[bin]! <= value) bin++;
    return bin;
  }
}
