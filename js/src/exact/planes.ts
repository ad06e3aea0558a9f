/** All planes of a predicted tile (docs/format.md, section 11, *Planes*). */

import { SymbolDecoder } from "../entropy/symbols.ts";
import { DamagedFileError } from "../errors.ts";
import type { Plane } from "./known.ts";
import { PlaneDecoder } from "./plane.ts";
import type { ExactTables } from "./tables.ts";
import type { TileKind } from "./tile.ts";
import { rangeOf, type Samples, samplesOf } from "./types.ts";
import { BITS, MASK, readValues, type Values } from "./values.ts";

const MOST_REFERENCES = 2;

/** The samples [height, width, planes] that the words of a coder hold. */
export function decodePlanes(
  words: Uint8Array,
  kind: TileKind,
  bound: number,
  tables: ExactTables,
): Samples {
  const decoder = new SymbolDecoder(words, tables);
  const planes = new PlaneDecoder(decoder, tables, kind.height, kind.width);
  const done = new Map<number, Plane>();
  const out = samplesOf(kind.type, kind.width * kind.height * kind.planes);
  while (done.size < kind.planes) {
    const [number, references] = readPlace(decoder, kind, done);
    const exact = number < kind.guide || (kind.alpha && number === kind.planes - 1);
    const values = readValues(decoder, rangeOf(kind.type), exact ? 0 : bound, tables);
    const mask = values.hole === undefined ? undefined : planes.decode(MASK, []);
    const plane = planes.decode(values, references, mask);
    done.set(number, plane);
    put(out, kind.planes, number, plane, values, mask);
  }
  decoder.finish();
  return out;
}

/** The number of the next plane, and those that it is predicted from. */
function readPlace(
  decoder: SymbolDecoder,
  kind: TileKind,
  done: ReadonlyMap<number, Plane>,
): [number, Plane[]] {
  const start = decoder.takeUniform(2, BITS);
  const [number, count] = [start[0]!, start[1]!];
  if (number >= kind.planes || done.has(number) || count > MOST_REFERENCES) {
    throw new DamagedFileError(
      `plane ${number} with ${count} references can't be here; get the file again`,
    );
  }
  const references = Array.from(decoder.takeUniform(count, BITS), (one) => {
    const plane = done.get(one);
    if (plane !== undefined) return plane;
    throw new DamagedFileError(
      `plane ${number} refers to plane ${one}, which hasn't come yet; get the file again`,
    );
  });
  return [number, references];
}

/** Put the samples that a plane's numbers stand for among those of all planes. */
function put(
  out: Samples,
  planes: number,
  number: number,
  { k }: Plane,
  { low, unit, palette, hole }: Values,
  mask: Plane | undefined,
): void {
  let to = number;
  for (let row = 0; row < k.rows; row++) {
    const end = k.at(row, k.columns);
    for (let at = k.at(row, 0); at < end; at++, to += planes) {
      const value = k.data[at]!;
      out[to] = palette === undefined ? low + unit * value : palette[value]!;
      if (mask !== undefined && mask.k.data[at] === 1) out[to] = hole!;
    }
  }
}
