/**
 * Two pictures of one size in a file: a guide, and the picture that is coded with its help
 * (docs/format.md, section 14).
 */

import { viewOf } from "./bitstream/chunk.ts";
import type { Header } from "./bitstream/header.ts";
import { DamagedFileError } from "./errors.ts";
import { type IntegerType, rangeOf, type Samples, typeOf } from "./exact/types.ts";

const PAIR = 0b10; // the header's feature
const TYPES: readonly IntegerType[] = ["uint8", "uint16", "int16"];

export const PAIR_BYTES = 4; // that a tile of a pair begins with

/** What each tile of a pair begins with: planes of the guide, and the types of both. */
export interface Pair {
  readonly planes: number;
  readonly guide: IntegerType;
  readonly picture: IntegerType;
}

/** Whether a file of this header holds a pair. */
export function isPair(header: Header): boolean {
  return (header.features & PAIR) !== 0;
}

/** The pair that a tile's payload begins with. */
export function readPair(payload: Uint8Array, header: Header): Pair {
  const planes = payload.length < PAIR_BYTES ? 0 : viewOf(payload).getUint16(0, true);
  const guide = TYPES[payload[2] ?? TYPES.length];
  const picture = TYPES[payload[3] ?? TYPES.length];
  const right = planes >= 1 && planes < header.channels && guide && picture;
  if (right && joint(guide, picture) === typeOf(header)) return { planes, guide, picture };
  throw new DamagedFileError(
    `a tile begins with a guide of ${planes} planes of ${header.channels}, ${guide} beside ` +
      `${picture}, which can't be in ${typeOf(header)}; get the file again`,
  );
}

/** Whether two tiles begin alike. */
export function samePair(one: Pair, other: Pair): boolean {
  const same = one.guide === other.guide && one.picture === other.picture;
  return same && one.planes === other.planes;
}

/** The type that holds both; undefined for two that none of 16 bits holds. */
function joint(one: IntegerType, other: IntegerType): IntegerType | undefined {
  if (one === other || other === "uint8") return one;
  return one === "uint8" ? other : undefined;
}

/** Check that samples [.., planes] are of the types of their pictures. */
export function checkPair(pair: Pair, samples: Samples, planes: number): void {
  for (let plane = 0; plane < planes; plane++) {
    const type = plane < pair.planes ? pair.guide : pair.picture;
    const { low, high } = rangeOf(type);
    for (let at = plane; at < samples.length; at += planes) {
      if (samples[at]! < low || samples[at]! > high) {
        throw new DamagedFileError(
          `a tile of a pair holds the sample ${samples[at]} where they are ${type}; get the file ` +
            "again",
        );
      }
    }
  }
}
