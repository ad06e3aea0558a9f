/**
 * What the samples of a plane can be, and the numbers k = 0 .. size that stand for them
 * (docs/format.md, section 11, *Planes*).
 */

import type { SampleRange } from "../bitstream/extras.ts";
import type { SymbolDecoder } from "../entropy/symbols.ts";
import { DamagedFileError } from "../errors.ts";
import type { ExactTables } from "./tables.ts";

export const BITS = 17; // of each number before a plane
const ZERO = 32768; // added to values, which may be negative
const MOST_GAPS = 4095;

/** Values low, low + unit, .. or those of a palette; and one, a hole, that means "nothing here". */
export interface Values {
  readonly low: number;
  readonly unit: number;
  readonly palette: Int32Array | undefined;
  readonly hole: number | undefined;
  /** The largest k. */
  readonly size: number;
  /** The quantiser step, in k. */
  readonly step: number;
}

/** What masks hold: 1 where there is a hole. */
export const MASK: Values = {
  low: 0,
  unit: 1,
  palette: undefined,
  hole: undefined,
  size: 1,
  step: 1,
};

/**
 * Read the values of a plane.
 *
 * @param ends of the samples' type
 * @param bound the largest error that the plane may have
 */
export function readValues(
  decoder: SymbolDecoder,
  ends: SampleRange,
  bound: number,
  tables: ExactTables,
): Values {
  const start = decoder.takeUniform(4, BITS);
  const low = start[0]! - ZERO;
  const high = start[1]! - ZERO;
  const unit = start[2]!;
  const hole = start[3] === 0 ? undefined : start[3]! - ZERO - 1;
  const inside = (value: number) => ends.low <= value && value <= ends.high;
  check(inside(low) && inside(high) && low <= high, `the range ${low} .. ${high}`);
  check(hole === undefined || inside(hole), `the hole ${hole}`);
  if (unit === 0) {
    const palette = readPalette(decoder, low, high, tables);
    return { low, unit: 1, palette, hole, size: palette.length - 1, step: 1 };
  }
  const allowed = hole !== undefined && low < hole && hole < high ? 0 : bound;
  const size = Math.floor((high - low) / unit);
  const step = 2 * Math.floor(allowed / unit) + 1;
  return { low, unit, palette: undefined, hole, size, step };
}

function readPalette(
  decoder: SymbolDecoder,
  low: number,
  high: number,
  tables: ExactTables,
): Int32Array {
  const count = decoder.takeUniform(1, BITS)[0]!;
  const table = decoder.takeUniform(1, 8)[0]!;
  check(count >= 1 && count <= MOST_GAPS, `a palette of ${count + 1} values`);
  check(table < tables.length, `a palette of table ${table} of ${tables.length}`);
  const gaps = new Int32Array(count);
  decoder.take(new Uint8Array(count).fill(table), gaps);
  const palette = new Int32Array(count + 1);
  palette[0] = low;
  gaps.forEach((gap, i) => (palette[i + 1] = palette[i]! + gap));
  check(
    gaps.every((gap) => gap >= 1),
    "a palette that doesn't ascend",
  );
  check(palette[count] === high, `a palette that ends at ${palette[count]}, not ${high}`);
  return palette;
}

function check(right: boolean, what: string): void {
  if (!right) throw new DamagedFileError(`a plane has ${what}, which can't be; get the file again`);
}
